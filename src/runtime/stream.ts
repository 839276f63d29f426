/** The events of one process as others see them. */
import type { LongFeed } from './long-feed.ts'

export interface ProcessEvent {
  /** What was given to `emit`, or one of `done`, `failed`, `cancelled`, which end the stream. */
  readonly type: string
  /** For `done` the result, for `failed` the message, for `cancelled` null. */
  readonly data: unknown
  /** For bubbled events: where they really came from; null otherwise. */
  readonly source: string | null
}

export interface ListenOptions {
  /** Give up after this time and return null; default: wait until the stream ends. */
  readonly timeoutMs?: number
  readonly where?: (event: ProcessEvent) => boolean
  /** Look first at the events that came before the call; default false. */
  readonly replay?: boolean
}

export interface EventStream extends AsyncIterable<ProcessEvent> {
  readonly closed: boolean
  /** Calls back synchronously for each event; a callback that throws is dropped. Returns an idempotent unsubscribe. */
  subscribe(callback: (event: ProcessEvent) => void, options?: { readonly replay?: boolean }): () => void
  /** The next event of this type (any when undefined) that `where` accepts, or null at the end or after the timeout. */
  listenFor(type?: string, options?: ListenOptions): Promise<ProcessEvent | null>
}

/** @param after calls back after that many ms of the run's own time; returns how to cancel it. */
export function eventStream(feed: LongFeed<ProcessEvent>, after: (ms: number, callback: () => void) => () => void): EventStream {
  return {
    get closed() {
      return feed.closed
    },
    [Symbol.asyncIterator]: () => feed[Symbol.asyncIterator](),
    subscribe: (callback, options = {}) => subscribe(feed, callback, options.replay ?? false),
    listenFor: (type, options = {}) => listenFor(feed, type, options, after),
  }
}

function subscribe(feed: LongFeed<ProcessEvent>, callback: (event: ProcessEvent) => void, replay: boolean): () => void {
  const deliver = (event: ProcessEvent) => {
    try {
      callback(event)
      return true
    } catch {
      return false
    }
  }
  if (replay) for (const event of feed.items()) if (!deliver(event)) return () => {}
  const stop = feed.listen((event) => {
    if (event && !deliver(event)) stop()
  })
  return stop
}

function listenFor(
  feed: LongFeed<ProcessEvent>,
  type: string | undefined,
  options: ListenOptions,
  after: (ms: number, callback: () => void) => () => void,
): Promise<ProcessEvent | null> {
  const matches = (event: ProcessEvent) => (type === undefined || event.type === type) && (options.where?.(event) ?? true)
  const seen = options.replay ? firstOf(feed.items(), matches) : undefined
  if (seen || feed.closed) return Promise.resolve(seen ?? null)
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      stop()
      cancelTimer()
      settle()
    }
    const stop = feed.listen((event) => {
      try {
        if (event === null || matches(event)) end(() => resolve(event))
      } catch (error) {
        end(() => reject(error))
      }
    })
    const cancelTimer = options.timeoutMs === undefined ? () => {} : after(options.timeoutMs, () => end(() => resolve(null)))
  })
}

function firstOf<T>(items: Iterable<T>, matches: (item: T) => boolean): T | undefined {
  for (const item of items) if (matches(item)) return item
  return undefined
}
