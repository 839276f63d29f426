/** A memory store that can be watched, and made to fail. */
import { memoryStore } from '../../src/log/memory.ts'
import type { LogStore, LogWriter } from '../../src/log/store.ts'

export interface WatchedStore extends LogStore {
  /** `seq` of the last entry that was written. */
  readonly writtenSeq: number
  /** Writes so far. */
  readonly flushes: number
}

export interface Failures {
  /** The write with this number, 1 for the first, and all after it fail. */
  readonly flush?: number
  /** The last sync fails. */
  readonly close?: boolean
}

export function watchedStore(failures: Failures = {}): WatchedStore {
  const store = memoryStore()
  let writtenSeq = 0
  let flushes = 0
  const watch = (writer: LogWriter): LogWriter => ({
    ...writer,
    get lastSeq() {
      return writer.lastSeq
    },
    flush() {
      flushes += 1
      if (flushes >= (failures.flush ?? Number.POSITIVE_INFINITY)) throw new Error('ENOSPC: no space left on device')
      writtenSeq = writer.flush()
      return writtenSeq
    },
    async close() {
      await writer.close()
      if (failures.close) throw new Error('EIO: the last sync failed')
    },
  })
  return {
    ...store,
    create: (run) => watch(store.create(run)),
    get writtenSeq() {
      return writtenSeq
    },
    get flushes() {
      return flushes
    },
  }
}
