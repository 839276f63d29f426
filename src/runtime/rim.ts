/**
 * The three arguments of a run. A live run writes to a log, takes its inputs from the world and acts on it; a rerun
 * compares with a recording, takes its inputs from it and does nothing. The code between them is the same.
 */
import type { Draft, Entry } from '../log/events.ts'

/** Where a run's entries go: a log that is written, or a recording that is compared with. */
export interface Journal {
  /** Fixes an input's place when it is handed over. */
  input(input: Draft | Entry): Entry
  /** A conclusion of the program. `payload` goes to the rim with the written entry: what JSON cannot say. `siteNow` finds the line that made it. */
  output(draft: Draft, payload?: unknown, siteNow?: (() => string | null) | null): Entry
  /** A note of the runtime. */
  note(draft: Draft): void
  /**
   * Called after each turn, when the program can do nothing more without another input. What it returns is waited for before
   * the next input is taken: the world can be faster than the disk.
   */
  settled(): Promise<void> | void
}

/** Where inputs come from. */
export interface Inbox {
  /** The next input, or undefined when there will be none. */
  next(): Promise<Draft | Entry | undefined>
}

/** What stops when nobody waits for it any longer. */
export interface Rim {
  /** The effect that this entry asked for is no longer wanted: kill it, clear it, forget it. Never throws. */
  abandon(seq: number): void
}

/** Live inbox: anything may push at any time; the dispatcher takes one at a time. */
export interface LiveInbox extends Inbox {
  /** `bytes`: what it came in, when it came from somebody who can be made to wait. False when nothing is taken any more. */
  push(draft: Draft, bytes?: number): boolean
  /** Nothing is taken after this; what is still queued is dropped. */
  close(): void
}

/** So many bytes of what waits count like one more input. */
const WEIGHT_BYTES = 16 * 1024

/** A queue that wakes its one reader; `size` inputs wait in it, each counted once more for every 16 KiB it came in. */
export function liveInbox(): LiveInbox & { readonly size: number } {
  let queue: Draft[] = []
  let weights: number[] = []
  let size = 0
  let head = 0
  let closed = false
  let wake: (() => void) | null = null
  const take = () => {
    const draft = queue[head]
    size -= weights[head] ?? 0
    head += 1
    if (head >= 1024 || head === queue.length) {
      queue = queue.slice(head)
      weights = weights.slice(head)
      head = 0
    }
    return draft
  }
  const rouse = () => {
    wake?.()
    wake = null
  }
  return {
    get size() {
      return size
    },
    push(draft, bytes = 0) {
      if (closed) return false
      const weight = 1 + Math.floor(bytes / WEIGHT_BYTES)
      queue.push(draft)
      weights.push(weight)
      size += weight
      rouse()
      return true
    },
    close() {
      closed = true
      queue = []
      weights = []
      size = 0
      head = 0
      rouse()
    },
    async next() {
      while (!closed && queue.length === 0) await new Promise<void>((resolve) => (wake = resolve))
      return closed ? undefined : take()
    },
  }
}
