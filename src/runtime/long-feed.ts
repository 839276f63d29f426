/**
 * A feed whose items are entries of the log. It keeps the newest ones and, of the rest, only where they are: a reader that comes
 * late, or falls behind, gets those from the log. They are brought back at once, not awaited, so that a program takes the
 * same steps whether an item was still here or not, as it must to be replayed.
 */
import { openFeed } from './feed.ts'

export interface LongFeed<T> extends AsyncIterable<T> {
  readonly closed: boolean
  /** The newest item; undefined before the first. */
  readonly last: T | undefined
  /** Adds an item that can be brought back by the number of its entry, or with null one that stays; when the feed is closed, nothing happens. */
  push(item: T, seq: number | null): void
  close(): void
  /** What is here now, from the first item on; not what comes while it is read. */
  items(): Iterable<T>
  /** Calls back synchronously, in the caller's own async context, with each new item and with null at the end; returns an idempotent stop. */
  listen(listener: (item: T | null) => void): () => void
}

/** Brings items back by the numbers of their entries, in this order. Null when nothing can: then all items are kept. */
export type Past<T> = ((seqs: readonly number[]) => readonly T[]) | null

/** So many items are here at most twice over, and as many are brought back at a time. */
export const KEEP_ITEMS = 64

export function openLongFeed<T>(past: Past<T>): LongFeed<T> {
  const shelf = openShelf(past)
  const signal = openFeed<T>({ keepsHistory: false })
  return {
    get closed() {
      return signal.closed
    },
    get last() {
      return shelf.last()
    },
    push(item, seq) {
      if (signal.closed) return
      shelf.add(item, seq)
      signal.push(item)
    },
    close: () => signal.close(),
    *items() {
      const at = shelf.reader()
      const count = shelf.count()
      for (let index = 0; index < count; index += 1) yield at(index)
    },
    listen: (listener) => signal.listen(listener),
    async *[Symbol.asyncIterator]() {
      const at = shelf.reader()
      for (let index = 0; ; index += 1) {
        while (index >= shelf.count()) {
          if (signal.closed) return
          await signal.changed()
        }
        yield at(index)
      }
    },
  }
}

interface Shelf<T> {
  add(item: T, seq: number | null): void
  count(): number
  last(): T | undefined
  /** Gives items by their index; each reader has its own block of those that were brought back. */
  reader(): (index: number) => T
}

function openShelf<T>(past: Past<T>): Shelf<T> {
  const seqs: (number | null)[] = []
  const staying = new Map<number, T>()
  let kept: T[] = []
  let firstKept = 0
  const letGo = () => {
    for (let index = firstKept; index < firstKept + KEEP_ITEMS; index += 1)
      if (seqs[index] === null) staying.set(index, kept[index - firstKept] as T)
    kept = kept.slice(KEEP_ITEMS)
    firstKept += KEEP_ITEMS
  }
  const bringBack = (from: number): readonly T[] => {
    const wanted = seqs.slice(from, Math.min(from + KEEP_ITEMS, firstKept))
    const found = (past?.(wanted.filter((seq) => seq !== null)) ?? []).values()
    return wanted.map((seq, nth) => (seq === null ? staying.get(from + nth) : found.next().value) as T)
  }
  return {
    add(item, seq) {
      seqs.push(seq)
      kept.push(item)
      if (past !== null && kept.length >= 2 * KEEP_ITEMS) letGo()
    },
    count: () => seqs.length,
    last: () => kept.at(-1),
    reader() {
      let [back, firstBack]: [readonly T[], number] = [[], 0]
      return (index) => {
        if (index >= firstKept) return kept[index - firstKept] as T
        if (index < firstBack || index >= firstBack + back.length) [back, firstBack] = [bringBack(index), index]
        return back[index - firstBack] as T
      }
    },
  }
}
