/** The overview of a run together with what could not be read of it, as a live run and every reader of its log fold it. */
import { RamureError } from '../log/error.ts'
import type { Entry, Json } from '../log/events.ts'
import type { FoundSnapshot, Snapshot, Unreadable } from '../log/store.ts'
import { type Overview, overview } from './overview.ts'
import { fromSnapshot, toSnapshot } from './snapshot.ts'

export type Gap = Unreadable['unreadable']

export interface Folded {
  state: Overview
  /** Lines and entries that were set aside, in order. */
  readonly gaps: Gap[]
}

/** What a store calls snapshots of this; it changes with every version of every part. */
export const FOLDED_KIND = `folded@1 ${overview.name}`

export function nothingFolded(): Folded {
  return { state: overview.initial(), gaps: [] }
}

/** Takes in the next thing a store says of a run, in place. */
export function foldItem(folded: Folded, item: Entry | Unreadable): void {
  if ('unreadable' in item) folded.gaps.push(item.unreadable)
  else foldEntry(folded, item)
}

/** What to keep, so that others need not fold the same entries again. */
export function keptOf({ state, gaps }: Folded): Snapshot {
  const { lastSeq, eventsCount } = state.run
  // What is wrong behind the last entry is met again by whoever goes on from here; what is wrong with it, by nobody.
  const met = gaps.filter(({ after }) => (after ?? 0) < lastSeq)
  const kept = { overview: toSnapshot(overview, state, lastSeq).state, gaps: met }
  return {
    kind: FOLDED_KIND,
    seq: lastSeq,
    summary: { events: eventsCount, usage: { ...state.usage.total } },
    state: kept as unknown as Json,
  }
}

/** What was kept, to fold on with, or null when it is not what `keptOf` makes. */
export function foldedFrom(found: FoundSnapshot): Folded | null {
  try {
    const { overview: state, gaps } = found.state() as unknown as { readonly overview: Json; readonly gaps: Gap[] }
    const known = fromSnapshot(overview, { projection: overview.name, version: overview.version, seq: found.seq, state })
    return known?.run.lastSeq === found.seq && Array.isArray(gaps) ? { state: known, gaps } : null
  } catch {
    return null
  }
}

function foldEntry(folded: Folded, entry: Entry): void {
  try {
    folded.state = overview.apply(folded.state, entry)
  } catch (error) {
    // Its data is not what its type promises: the log was not written by us, or was edited. Or a text of it is lost.
    const isLost = error instanceof RamureError && error.code === 'ERR_BLOB_MISSING'
    const reason = isLost ? `the entry ${entry.seq} is not complete: ${error.message}` : `the data does not fit ${entry.type}`
    folded.gaps.push({ line: entry.seq, after: entry.seq - 1, before: entry.seq + 1, reason })
  }
}
