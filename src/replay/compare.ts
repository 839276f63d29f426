/**
 * A journal that compares instead of writing: each output of a rerun is looked up in the recording by scope, type, label
 * and arguments; inputs are the recorded ones. Order is checked within a scope, completeness between two inputs.
 */
import { digest } from '../log/digest.ts'
import type { Draft, Entry, Json } from '../log/events.ts'
import { toJson } from '../log/json.ts'
import { labelOf } from '../log/label.ts'
import type { Inbox, Journal } from '../runtime/rim.ts'

export interface Difference {
  /** `extra`: only now. `missing`: only recorded. `changed`: other arguments. `reordered`: another place in its scope. */
  readonly kind: 'extra' | 'missing' | 'changed' | 'reordered'
  readonly scope: string
  /** Where in the recording: of the recorded output, or of the input it was made after. */
  readonly seq: number
  readonly recorded: Entry | null
  readonly now: Draft | null
}

export interface Comparison {
  readonly journal: Journal
  readonly inbox: Inbox
  /** In the order of the recording. */
  differences(): readonly Difference[]
  /** Outputs found equal and in place. */
  matchedCount(): number
  /** Recorded outputs that no rerun has made yet. */
  unmatched(): readonly Entry[]
}

interface Recorded {
  readonly entry: Entry
  readonly digest: string
  taken: boolean
}

/** @param recording every entry of a run in order of `seq`, blobs resolved. */
export function compareWith(recording: readonly Entry[]): Comparison {
  const outputs: Recorded[] = recording.filter((entry) => entry.by === 'program').map((entry) => ({ entry, digest: digestOf(entry.data), taken: false }))
  const inputs = recording.filter((entry) => entry.by === 'world')
  const byKey = groupBy(outputs, ({ entry }) => keyOf(entry))
  const latest = new Map<string, number>()
  const differences: Difference[] = []
  let matched = 0
  let delivered = 0
  let due = 0
  let surplus = 0

  const nextInputSeq = () => inputs[delivered]?.seq ?? Number.POSITIVE_INFINITY
  const differ = (kind: Difference['kind'], recorded: Entry | null, now: Draft | null) => {
    const seq = recorded?.seq ?? inputs[delivered - 1]?.seq ?? 1
    differences.push({ kind, scope: (recorded ?? now)?.scope ?? '', seq, recorded, now })
  }
  /** A new entry stands in for an output that the recording does not have: the program goes on. */
  const standIn = (draft: Draft): Entry => {
    surplus += 1
    const time = inputs[delivered - 1]?.time ?? recording[0]?.time ?? new Date(0).toISOString()
    return { ...draft, data: toJson(draft.data), seq: -surplus, time } as Entry
  }
  const output = (draft: Draft): Entry => {
    const wanted = digestOf(draft.data)
    const found = pick(byKey.get(keyOf(draft)), wanted)
    if (!found) {
      differ('extra', null, draft)
      return standIn(draft)
    }
    // What was skipped is missing; only what comes after a later one has changed places.
    const inPlace = found.entry.seq > (latest.get(draft.scope) ?? 0) && found.entry.seq < nextInputSeq()
    latest.set(draft.scope, Math.max(found.entry.seq, latest.get(draft.scope) ?? 0))
    found.taken = true
    if (found.digest !== wanted) differ('changed', found.entry, draft)
    else if (!inPlace) differ('reordered', found.entry, draft)
    else matched += 1
    return found.entry
  }
  /** Barrier: everything recorded before the next input has been made again. */
  const settled = () => {
    for (; due < outputs.length; due += 1) {
      const recorded = outputs[due] as Recorded
      if (recorded.entry.seq > nextInputSeq()) return
      if (!recorded.taken) differ('missing', recorded.entry, null)
      recorded.taken = true
    }
  }
  return {
    differences: () => differences.toSorted((a, b) => a.seq - b.seq),
    matchedCount: () => matched,
    unmatched: () => outputs.filter(({ taken }) => !taken).map(({ entry }) => entry),
    journal: { input: (entry) => entry as Entry, output, note: () => {}, settled },
    inbox: {
      async next() {
        const entry = inputs[delivered]
        delivered += 1
        return entry
      },
    },
  }
}

/** Recorded outputs in order; those before `from` are all taken. */
interface Queue {
  readonly items: Recorded[]
  from: number
}

function firstLeft(queue: Queue | undefined): Recorded | undefined {
  if (!queue) return undefined
  while (queue.items[queue.from]?.taken) queue.from += 1
  return queue.items[queue.from]
}

/** The first one left with these arguments, else the first one left. */
function pick(queue: Queue | undefined, wanted: string): Recorded | undefined {
  const first = firstLeft(queue)
  if (!queue || !first || first.digest === wanted) return first
  for (let at = queue.from + 1; at < queue.items.length; at += 1) {
    const item = queue.items[at]
    if (item && !item.taken && item.digest === wanted) return item
  }
  return first
}

function keyOf(entry: Pick<Entry, 'scope' | 'type' | 'data' | 'agent'>): string {
  return `${entry.scope}\0${entry.type}\0${labelOf(entry)}`
}

function digestOf(data: unknown): string {
  return digest(toJson(data) as Json)
}

function groupBy(items: readonly Recorded[], key: (item: Recorded) => string): Map<string, Queue> {
  const groups = new Map<string, Queue>()
  for (const item of items) {
    const name = key(item)
    const group = groups.get(name)
    if (group) group.items.push(item)
    else groups.set(name, { items: [item], from: 0 })
  }
  return groups
}
