/**
 * What one reader of an agent's stream is sent. It knows no socket and no log, only where bytes go and where entries
 * can be had again.
 *
 * W1 Entries go out in order of `aseq`, each at most once between two syncs.
 * W2 No gap: what is not the next entry is fetched from the log by cursor, never skipped.
 * W3 Memory is bounded: over `queueBytesMax` nothing more is queued; the rest waits in the log.
 * W4 A reader for whom that happened is told what it missed once it reads on, before it gets it.
 */
import type { Entry } from '../log/events.ts'

/** Where the bytes go. */
export interface Link {
  write(entry: Entry): void
  /** Tells the reader that these entries were published while it did not read: they come next. */
  lagged(missed: Missed): void
  /** Bytes that were written and not taken yet. */
  queuedBytes(): number
  /** Resolves when nothing is queued any more, or the link is gone. */
  drained(): Promise<void>
}

/** Numbers of the first and the last entry. */
export interface Missed {
  readonly from: number
  readonly to: number
}

/** Where the entries come from. */
export interface Source {
  /** `aseq` of the last published entry; null before the first one. */
  published(): number | null
  /** Written entries above `after`, in order; at least all that were published before the call. */
  entriesAfter(after: number): AsyncIterable<Entry>
}

export interface SubscriptionOptions {
  readonly queueBytesMax: number
  /** The reader is too slow for the live queue: it is served from the log from here on. */
  lagged(): void
  /** The log could not be read. */
  failed(error: unknown): void
}

export interface Subscription {
  publish(entry: Entry): void
  /** Sends everything above `after`, then goes on live. */
  sync(after: number): void
  /** Nothing is sent after this. */
  end(): void
  /** `aseq` of the last entry sent, 0 before the first. */
  cursor(): number
}

/** Starts at the last published entry: without a sync, a reader sees what is published from now on. */
export function subscribe(source: Source, link: Link, options: SubscriptionOptions): Subscription {
  let cursor = source.published()
  let state: 'live' | 'filling' | 'ended' = 'live'
  let isLate = false
  // Each sync opens a new round; entries fetched for an older one are dropped.
  let round = 0

  const send = (entry: Entry, aseq: number) => {
    link.write(entry)
    cursor = aseq
  }
  const isFull = () => link.queuedBytes() > options.queueBytesMax
  const hasEnded = () => state === 'ended'

  /** Sends one round from the log. Returns early when a new round was asked for. */
  const fillRound = async (mine: number) => {
    const target = source.published() ?? 0
    for await (const entry of source.entriesAfter(cursor ?? 0)) {
      if (isFull()) await link.drained()
      if (hasEnded() || mine !== round) return
      if (entry.aseq !== undefined && entry.aseq > (cursor ?? 0)) send(entry, entry.aseq)
    }
    // A host may leave entries out of a restart's history: they count as seen.
    if (mine === round) cursor = Math.max(cursor ?? 0, target)
  }
  /** Waits until it reads on: meanwhile neither the log nor the queue is touched. */
  const catchUp = async () => {
    await link.drained()
    isLate = false
    const [from, to] = [(cursor ?? 0) + 1, source.published() ?? 0]
    if (!hasEnded() && from <= to) link.lagged({ from, to })
  }
  const fill = async () => {
    try {
      let mine: number
      do {
        if (isLate) await catchUp()
        mine = round
        await fillRound(mine)
      } while (!hasEnded() && (mine !== round || (source.published() ?? 0) > (cursor ?? 0)))
      // No await between the last look at `published` and this: nothing can slip through.
      if (!hasEnded()) state = 'live'
    } catch (error) {
      if (!hasEnded()) options.failed(error)
    }
  }
  const refill = () => {
    round += 1
    if (state !== 'live') return
    state = 'filling'
    void fill() // It reports its own failure.
  }

  return {
    publish(entry) {
      const aseq = entry.aseq
      if (state !== 'live' || aseq === undefined || (cursor !== null && aseq <= cursor)) return
      if (cursor !== null && aseq > cursor + 1) return refill()
      if (!isFull()) return send(entry, aseq)
      cursor ??= aseq - 1
      isLate = true
      options.lagged()
      refill()
    },
    sync(after) {
      if (hasEnded()) return
      cursor = after
      refill()
    },
    end: () => void (state = 'ended'),
    cursor: () => cursor ?? 0,
  }
}
