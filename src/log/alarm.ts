/** Wakes a reader of a file that grows: by the word of its writer, by watching the folder, and in any case by the clock. */
import { type FSWatcher, watch } from 'node:fs'
import type { Bell } from './store.ts'

/** `fs.watch`, or what a test puts in its place. */
export type WatchFolder = (folder: string, changed: (event: string) => void) => FSWatcher

export interface AlarmOptions {
  readonly folder: string
  readonly signal: AbortSignal | undefined
  readonly bell: Bell | undefined
  /** Default `fs.watch`. */
  readonly watchFolder: WatchFolder | undefined
}

export interface Alarm {
  /** Forgets changes up to now. */
  reset(): void
  /** Resolves at the next change after `reset`, at the latest after the poll time; true when it may be the writer that changed. */
  rings(): Promise<boolean>
  /** The folder may be another one: it is watched anew. */
  renew(): void
  stop(): void
}

/** How long a change may go unnoticed where nobody tells, in ms: the death of a writer, a writer too busy to ring, a missing inotify. */
const POLL_MS = 250
const POLL_UNWATCHED_MS = 40

export function alarmOf({ folder, signal, bell, watchFolder = watch }: AlarmOptions): Alarm {
  let rung = false
  let look = false
  let wake = (): void => undefined
  // Growth is a "change"; a file that comes or goes, as a lock does, is a "rename".
  const ring = (event?: unknown): void => {
    rung = true
    look ||= event !== 'change'
    wake()
  }
  const watching = watchOf(folder, ring, watchFolder)
  let hasBell = false
  const hangUp = bell?.listen({
    // The folder is watched all the same: who hears both hears the first of them, which is a third sooner than the bell alone.
    works() {
      hasBell = true
      ring()
    },
    rings: () => ring('change'),
    lost() {
      hasBell = false
      ring()
    },
  })
  signal?.addEventListener('abort', ring)
  return {
    reset: () => {
      rung = look = false
    },
    rings: async () => {
      const pollMs = hasBell || watching.works() ? POLL_MS : POLL_UNWATCHED_MS
      if (!rung) await new Promise<void>((resolve) => (wake = afterAtMost(pollMs, resolve)))
      return look || !rung
    },
    renew: watching.start,
    stop: () => {
      signal?.removeEventListener('abort', ring)
      hangUp?.()
      watching.stop()
    },
  }
}

interface Watching {
  works(): boolean
  start(): void
  stop(): void
}

/** Watches a folder from now on. The system may be out of watches, or the file system without them: then nothing is told. */
function watchOf(folder: string, ring: (event?: unknown) => void, watchFolder: WatchFolder): Watching {
  let watcher: FSWatcher | null = null
  const stop = (): void => {
    watcher?.close()
    watcher = null
  }
  const start = (): void => {
    stop()
    try {
      watcher = watchFolder(folder, ring)
    } catch {
      return
    }
    watcher.on('error', () => {
      stop()
      ring()
    })
  }
  start()
  return { works: () => watcher !== null, start, stop }
}

/** Calls `resolve` after a time, or when what it returns is called. */
function afterAtMost(ms: number, resolve: () => void): () => void {
  const timer = setTimeout(resolve, ms)
  return () => {
    clearTimeout(timer)
    resolve()
  }
}
