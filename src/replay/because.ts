/** The chain of causes of an entry, back to the message or the start that set it off. */
import type { Entry } from '../log/events.ts'
import { labelOf } from '../log/label.ts'

export interface Link {
  readonly seq: number
  readonly type: string
  readonly by: Entry['by']
  readonly label: string
  readonly agent: string | null
  readonly data: Entry['data']
}

/** Longer chains are cut: the nearest causes say most. */
const LINKS_MAX = 8

/** @param from `seq` of the nearest cause, or undefined when there is none. Entries are in order of `seq` without a gap. */
export function becauseOf(entries: readonly Entry[], from: number | undefined): readonly Link[] {
  const chain: Link[] = []
  for (let seq = from; seq !== undefined && chain.length < LINKS_MAX; ) {
    const entry = entryAt(entries, seq)
    if (!entry) break
    const { type, by, agent = null, data } = entry
    chain.push({ seq, type, by, label: labelOf(entry), agent, data })
    // A cause is always older: a log that says otherwise was edited.
    seq = entry.cause !== undefined && entry.cause < seq ? entry.cause : undefined
  }
  return chain
}

/** The entry with this `seq`, or undefined. */
export function entryAt(entries: readonly Entry[], seq: number): Entry | undefined {
  const guess = entries[seq - 1]
  return guess?.seq === seq ? guess : entries.find((entry) => entry.seq === seq)
}
