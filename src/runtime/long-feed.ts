/**
 * A feed whose items are entries of the log. It keeps the newest ones and, of the rest, only where they are: a reader that comes
 * late, or falls behind, gets those from the log. They are brought back at once, not awaited, so that a program takes the
 * same steps whether an item was still here or not, as it must to be replayed.
 */
import { openFeed } from './feed.ts'

export interface LongFeed<T> extends AsyncIterable<T> {
  /** Adds an item that can be brought back by the number of its entry; when the feed is closed, nothing happens. */
  push(item: T, seq: number): void
  close(): void
}

/** Brings items back by the numbers of their entries, in this order. Null when nothing can: then all items are kept. */
export type Past<T> = ((seqs: readonly number[]) => readonly T[]) | null

/** So many items are here at most twice over, and as many are brought back at a time. */
export const KEEP_ITEMS = 64

export function openLongFeed<T>(past: Past<T>): LongFeed<T> {
  const seqs: number[] = []
  const signal = openFeed<null>({ keepsHistory: false })
  let kept: T[] = []
  let firstKept = 0
  return {
    push(item, seq) {
      if (signal.closed) return
      seqs.push(seq)
      kept.push(item)
      if (past !== null && kept.length >= 2 * KEEP_ITEMS) {
        kept = kept.slice(KEEP_ITEMS)
        firstKept += KEEP_ITEMS
      }
      signal.push(null)
    },
    close: () => signal.close(),
    async *[Symbol.asyncIterator]() {
      let [back, firstBack]: [readonly T[], number] = [[], 0]
      for (let index = 0; ; index += 1) {
        while (index >= seqs.length) {
          if (signal.closed) return
          await signal.changed()
        }
        if (index < firstKept && past !== null && (index < firstBack || index >= firstBack + back.length)) {
          firstBack = index
          back = past(seqs.slice(index, Math.min(index + KEEP_ITEMS, firstKept)))
        }
        yield (index < firstKept ? back[index - firstBack] : kept[index - firstKept]) as T
      }
    },
  }
}
