/** A run as its log tells it. */
import type { Unreadable } from '../log/store.ts'
import { FOLDED_KIND, foldedFrom, foldItem, keptOf, nothingFolded } from '../projections/folded.ts'
import type { Overview } from '../projections/overview.ts'
import type { Cli } from './cli.ts'
import { plain } from './text.ts'

/** Whether anybody still writes the run: `orphaned` has no end and no writer; `unknown` when that cannot be told from here. */
export type Life = 'live' | 'ended' | 'orphaned' | 'unknown'

export interface LoadedRun {
  readonly run: string
  readonly state: Overview
  readonly life: Life
  readonly unreadable: readonly Unreadable['unreadable'][]
  /** Entries up to this one were taken from the snapshot and not read again; 0 when all were read. */
  readonly keptSeq: number
}

/** Folds the log, from what was kept of it on. Lines and entries that do not fit are set aside and reported, never skipped in silence. */
export async function loadRun(cli: Cli, run: string): Promise<LoadedRun> {
  // Asked first: a run that ends while its log is read is then live with an end, which counts as ended.
  const alive = cli.store.writerAlive(run)
  const found = await cli.store.snapshot(run, FOLDED_KIND)
  const folded = (found && foldedFrom(found)) ?? nothingFolded()
  const knownSeq = folded.state.run.lastSeq
  for await (const batch of cli.store.skim(run, { from: knownSeq + 1 })) for (const item of batch) foldItem(folded, item)
  const { state, gaps } = folded
  // Only beside the user's own runs: a recording in a repository stays as it is.
  const mayKeep = cli.store.location === cli.folders.logs
  if (mayKeep && state.run.lastSeq - knownSeq >= KEEP_AFTER_ENTRIES) await cli.store.keepSnapshot(run, keptOf(folded))
  return { run, state, life: lifeOf(isOver(state), alive), unreadable: gaps, keptSeq: knownSeq }
}

/** What a property test kept is over with its simulation, whether that came to an end or not. */
function isOver({ run }: Overview): boolean {
  return run.endedAt !== null || run.counterexample !== null
}

/** Fewer entries than this are folded again in no time. */
const KEEP_AFTER_ENTRIES = 10_000

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
