/** A run as its log tells it. */
import type { Entry } from '../log/events.ts'
import type { Unreadable } from '../log/store.ts'
import { type Overview, overview } from '../projections/overview.ts'
import type { Cli } from './cli.ts'
import { keepFolded, readFolded } from './fold-cache.ts'
import { plain } from './text.ts'

/** Whether anybody still writes the run: `orphaned` has no end and no writer; `unknown` when that cannot be told from here. */
export type Life = 'live' | 'ended' | 'orphaned' | 'unknown'

export interface LoadedRun {
  readonly run: string
  readonly state: Overview
  readonly life: Life
  readonly unreadable: readonly Unreadable['unreadable'][]
}

/** Folds the whole log. Lines and entries that do not fit are set aside and reported, never skipped in silence. */
export async function loadRun(cli: Cli, run: string): Promise<LoadedRun> {
  // Asked first: a run that ends while its log is read is then live with an end, which counts as ended.
  const alive = cli.store.writerAlive(run)
  const known = await readFolded(cli, run)
  const unreadable = known?.unreadable ?? []
  let state = known?.state ?? overview.initial()
  const knownCount = state.run.eventsCount
  for await (const entry of cli.store.read(run, { from: state.run.lastSeq + 1 })) {
    if ('unreadable' in entry) unreadable.push(entry.unreadable)
    else state = apply(state, entry, unreadable)
  }
  await keepFolded(cli, run, { state, unreadable }, state.run.eventsCount - knownCount)
  return { run, state, life: lifeOf(state.run.endedAt !== null, alive), unreadable }
}

export function lifeOf(ended: boolean, alive: boolean | null): Life {
  if (ended) return 'ended'
  if (alive === null) return 'unknown'
  return alive ? 'live' : 'orphaned'
}

/** Says on stderr what could not be read. */
export function sayUnreadable(cli: Cli, unreadable: readonly Unreadable['unreadable'][]): void {
  for (const gap of unreadable.slice(0, 5)) cli.output.talk(gapText(gap))
  if (unreadable.length > 5) cli.output.talk(`and ${unreadable.length - 5} more lines that cannot be read`)
}

/** `line 812 unreadable, seq 811 -> 813: …`. */
export function gapText({ line, after, before, reason }: Unreadable['unreadable']): string {
  return `line ${line} unreadable, seq ${after ?? 'start'} -> ${before ?? 'end'}: ${plain(reason, 400)}`
}

function apply(state: Overview, entry: Entry, unreadable: Unreadable['unreadable'][]): Overview {
  try {
    return overview.apply(state, entry)
  } catch {
    // Its data is not what its type promises: the log was not written by us, or was edited.
    unreadable.push({ line: entry.seq, after: entry.seq - 1, before: entry.seq + 1, reason: `the data does not fit ${entry.type}` })
    return state
  }
}
