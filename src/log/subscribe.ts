/**
 * Live readers inside the writer's process (L7). Each has a bounded buffer; one that lets it overflow is told `lagged`
 * and then reads what it missed from the store, so it neither slows the writer nor loses an entry.
 */
import type { Entry } from './events.ts'
import type { FollowOptions, Lagged, LogStore, Unreadable } from './store.ts'

/** Entries that wait for one subscriber before it is sent back to the store. */
export const LIVE_BUFFER_ENTRIES_MAX = 4096
/** Characters of JSON that are the data of what waits for one subscriber; what is told in one piece always has room. */
export const LIVE_BUFFER_CHARACTERS_MAX = 4 * 1024 * 1024

export interface Subscribers {
  /** Takes entries that were written; `characters` of JSON are the data of all of them. */
  publish(entries: readonly Entry[], characters: number): void
  follow(options: FollowOptions): AsyncIterable<Entry | Unreadable | Lagged>
  /** Nothing more will be published: readers end when they have everything. */
  close(): void
}

/** The subscribers of one run; `writtenSeq` is the last entry written before. */
export function subscribers(store: LogStore, run: string, writtenSeq: number): Subscribers {
  const readers = new Set<Reader>()
  const shared: Shared = { store, run, writtenSeq, closed: false }
  return {
    publish(entries, characters) {
      shared.writtenSeq = entries.at(-1)?.seq ?? shared.writtenSeq
      for (const reader of readers) take(reader, entries, characters)
    },
    follow: (options) => followLive(shared, readers, options),
    close() {
      shared.closed = true
      for (const reader of readers) reader.wake()
    },
  }
}

interface Shared {
  readonly store: LogStore
  readonly run: string
  writtenSeq: number
  closed: boolean
}

interface Reader {
  queue: Entry[]
  characters: number
  overflowed: boolean
  wake: () => void
}

function take(reader: Reader, entries: readonly Entry[], characters: number): void {
  if (reader.overflowed) return
  reader.characters += characters
  const isFull = reader.queue.length > 0 && reader.characters > LIVE_BUFFER_CHARACTERS_MAX
  if (isFull || reader.queue.length + entries.length > LIVE_BUFFER_ENTRIES_MAX) {
    reader.overflowed = true
    empty(reader)
  } else {
    for (const entry of entries) reader.queue.push(entry)
  }
  reader.wake()
}

/** Takes out what waits. */
function empty(reader: Reader): readonly Entry[] {
  const { queue } = reader
  reader.queue = []
  reader.characters = 0
  return queue
}

async function* followLive(
  shared: Shared,
  readers: Set<Reader>,
  options: FollowOptions,
): AsyncGenerator<Entry | Unreadable | Lagged, void> {
  const { signal } = options
  const reader: Reader = { queue: [], characters: 0, overflowed: false, wake: () => undefined }
  const abort = (): void => reader.wake()
  readers.add(reader)
  signal?.addEventListener('abort', abort)
  try {
    let cursor = options.after ?? 0
    cursor = yield* fromStore(shared, cursor, options)
    while (signal?.aborted !== true) {
      if (reader.overflowed) {
        reader.overflowed = false
        yield { lagged: { from: cursor + 1, to: shared.writtenSeq } }
        cursor = yield* fromStore(shared, cursor, options)
      } else if (reader.queue.length > 0) {
        cursor = yield* fromQueue(reader, cursor, signal)
      } else if (shared.closed) {
        return
      } else {
        await new Promise<void>((wake) => {
          reader.wake = wake
        })
      }
    }
  } finally {
    readers.delete(reader)
    signal?.removeEventListener('abort', abort)
  }
}

/** Yields what the store has after the cursor, up to what is written now; returns the new cursor. */
async function* fromStore(shared: Shared, cursor: number, { signal, blobs }: FollowOptions): AsyncGenerator<Entry | Unreadable, number> {
  const to = shared.writtenSeq
  if (to <= cursor) return cursor
  for await (const item of shared.store.read(shared.run, { from: cursor + 1, to, ...(blobs === undefined ? {} : { blobs }) })) {
    if (signal?.aborted === true) return cursor
    yield item
  }
  return to
}

/** Yields what waits in the buffer, leaving out what the store has already given. */
async function* fromQueue(reader: Reader, cursor: number, signal: AbortSignal | undefined): AsyncGenerator<Entry, number> {
  const entries = empty(reader)
  for (const entry of entries) {
    if (signal?.aborted === true || reader.overflowed) return cursor
    if (entry.seq <= cursor) continue
    yield entry
    cursor = entry.seq
  }
  return cursor
}
