/** A growing list that several readers follow, each from its first item to its end. */
import { AsyncLocalStorage } from 'node:async_hooks'

export interface Feed<T> extends AsyncIterable<T> {
  readonly history: readonly T[]
  readonly closed: boolean
  /** Adds an item; false when the feed is closed, then nothing happens. */
  push(item: T): boolean
  close(): void
  /** Calls back synchronously, in the caller's own async context, with each item and with null at the end; returns an idempotent stop. */
  listen(listener: (item: T | null) => void): () => void
  /** Resolves at the next item, or at the end. */
  changed(): Promise<void>
}

/** `keepsHistory` (default true): without it a feed only tells of what comes. */
export function openFeed<T>({ keepsHistory = true } = {}): Feed<T> {
  const history: T[] = []
  const listeners = new Set<(item: T | null) => void>()
  let closed = false
  const tell = (item: T | null) => {
    for (const listener of [...listeners]) listener(item)
  }
  const feed: Feed<T> = {
    history,
    get closed() {
      return closed
    },
    push(item) {
      if (closed) return false
      if (keepsHistory) history.push(item)
      tell(item)
      return true
    },
    close() {
      if (closed) return
      closed = true
      tell(null)
      listeners.clear()
    },
    listen(listener) {
      const bound = AsyncLocalStorage.bind(listener)
      if (!closed) listeners.add(bound)
      return () => void listeners.delete(bound)
    },
    changed: () => changed(feed),
    [Symbol.asyncIterator]: () => follow(feed),
  }
  return feed
}

async function* follow<T>(feed: Feed<T>): AsyncGenerator<T, void, void> {
  for (let index = 0; ; index += 1) {
    while (index >= feed.history.length) {
      if (feed.closed) return
      await changed(feed)
    }
    yield feed.history[index] as T
  }
}

function changed<T>(feed: Feed<T>): Promise<void> {
  return new Promise((resolve) => {
    const stop = feed.listen(() => {
      stop()
      resolve()
    })
  })
}
