/**
 * A map by `seq` for what is open only for a while. A `Map` that is added to and deleted from makes a new table every few
 * steps, and V8 links each old table to the next: once one of them has grown old, everything that was ever in the map
 * stays until the next full collection. (bench/replay.ts: 90 MB of a replay of 100,000 answers were that.) An object has
 * no such chain.
 */
export interface SeqMap<V> {
  readonly size: number
  get(seq: number): V | undefined
  set(seq: number, value: V): void
  /** Returns false when there was nothing to delete. */
  delete(seq: number): boolean
  /** By ascending `seq`; what has a negative one, in order of its coming, at the end. */
  values(): V[]
}

export function createSeqMap<V>(): SeqMap<V> {
  const items = Object.create(null) as Record<number, V>
  let size = 0
  return {
    get size() {
      return size
    },
    get: (seq) => items[seq],
    set(seq, value) {
      if (!(seq in items)) size += 1
      items[seq] = value
    },
    delete(seq) {
      if (!(seq in items)) return false
      delete items[seq]
      size -= 1
      return true
    },
    values: () => Object.values(items),
  }
}
