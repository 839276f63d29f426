/** The outputs of a recording: found by what they are, then by their arguments; each is taken once. */
import { digest } from '../log/digest.ts'
import type { Draft, Entry, Json } from '../log/events.ts'
import { labelOf } from '../log/label.ts'
import { placeOfSeq } from '../log/place-of-seq.ts'
import { equalsMasked, hasMask } from './masked.ts'

/** An output is named by its place among all outputs of the recording. */
export interface RecordedOutputs {
  readonly count: number
  entry(at: number): Entry
  /** Place of the output with this `seq`, or -1. */
  placeOf(seq: number): number
  /** The first one left that is the same: with these arguments and of the same source, where masks fit anything. */
  same(draft: Draft, data: Json): number | undefined
  /** The first one left with other arguments, when it was recorded up to the `seq` `limit`. */
  alike(draft: Draft, limit: number): number | undefined
  /** Takes it away. @param nth how many outputs had been made before, or -1 when it was not made. */
  take(at: number, nth: number, isEqual: boolean): void
  isTaken(at: number): boolean
  isEqual(at: number): boolean
  /** As given to `take`. */
  nth(at: number): number
}

const LEFT = 0
const TAKEN = 1
const EQUAL = 2

/** @param recording every entry of a run in order of `seq`, blobs resolved. */
export function recordedOutputs(recording: readonly Entry[]): RecordedOutputs {
  const outputs = recording.filter((entry) => entry.by === 'program')
  const entry = (at: number) => outputs[at] as Entry
  // Flat, because recordings are long: 9 bytes for each.
  const states = new Uint8Array(outputs.length)
  const nths = new Int32Array(outputs.length).fill(-1)
  const isLeft = (at: number) => states[at] === LEFT
  const byKey = groupBy([...outputs.keys()], (at) => keyOf(entry(at)))
  const dataOf = (at: number) => entry(at).data as Json
  const fits = (at: number, draft: Draft, data: Json) => entry(at).source === draft.source && equalsMasked(dataOf(at), data)
  return {
    count: outputs.length,
    entry,
    placeOf: (seq) => placeOfSeq(outputs, seq),
    same(draft, data) {
      const queue = byKey.get(keyOf(draft))
      const first = queue && firstLeft(queue, isLeft)
      if (!queue || first === undefined || fits(first, draft, data)) return first
      const left = () => queue.items.slice(queue.from)
      queue.byDigest ??= groupBy(left(), (at) => exactly(entry(at), dataOf(at)))
      queue.masked ??= left().filter((at) => hasMask(dataOf(at)))
      const exact = queue.byDigest.get(exactly(draft, data))
      const found = exact && firstLeft(exact, isLeft)
      return found ?? queue.masked.find((at) => isLeft(at) && fits(at, draft, data))
    },
    alike(draft, limit) {
      const queue = byKey.get(keyOf(draft))
      const at = queue && firstLeft(queue, isLeft)
      return at !== undefined && entry(at).seq <= limit ? at : undefined
    },
    take(at, nth, isEqual) {
      states[at] = isEqual ? EQUAL : TAKEN
      nths[at] = nth
    },
    isTaken: (at) => !isLeft(at),
    isEqual: (at) => states[at] === EQUAL,
    nth: (at) => nths[at] ?? -1,
  }
}

/** Outputs with one key in order; those before `from` are all taken. */
interface Queue {
  readonly items: number[]
  from: number
  /** The same by the digest of their arguments, from the first time on that they do not come in order. */
  byDigest: Map<string, Queue> | null
  /** Those that hold a mask, from then on as well. */
  masked: number[] | null
}

function firstLeft(queue: Queue, isLeft: (at: number) => boolean): number | undefined {
  for (; queue.from < queue.items.length; queue.from += 1) {
    const at = queue.items[queue.from] as number
    if (isLeft(at)) return at
  }
  return undefined
}

function keyOf(entry: Pick<Entry, 'scope' | 'type' | 'data' | 'agent'>): string {
  return `${entry.scope}\0${entry.type}\0${labelOf(entry)}`
}

function exactly({ source }: Pick<Entry, 'source'>, data: Json): string {
  return `${digest(data)} ${source ?? ''}`
}

function groupBy(items: readonly number[], key: (item: number) => string): Map<string, Queue> {
  const groups = new Map<string, Queue>()
  for (const item of items) {
    const name = key(item)
    const group = groups.get(name)
    if (group) group.items.push(item)
    else groups.set(name, { items: [item], from: 0, byDigest: null, masked: null })
  }
  return groups
}
