/**
 * Folds a live run's entries after they were written, and now and then keeps the state beside the log, so that whoever
 * asks how the run stands reads a few thousand entries at most. Nothing waits for it, and its failures cost nobody anything.
 */
import type { RunLog } from '../log/append.ts'
import type { LogStore, LogWriter } from '../log/store.ts'
import { foldItem, keptOf, nothingFolded } from '../projections/folded.ts'
import { type RimTimers, realTimers } from './outside.ts'

export interface LiveSnapshotsOptions {
  readonly store: LogStore
  readonly log: RunLog
  readonly writer: LogWriter
  readonly timers?: RimTimers
}

/** Entries that are folded again in no time: for fewer nothing is kept. */
const NEW_ENTRIES_MIN = 2_000
/** Kept at the latest after so many. */
const NEW_ENTRIES_MAX = 50_000
/** How long after the first new entry it is looked whether there are enough. */
const LOOK_AFTER_MS = 1_000

/** Starts with the first entry of a run; `close` keeps what is new and resolves when that is done. */
export function liveSnapshots({ store, log, writer, timers = realTimers }: LiveSnapshotsOptions): { close(): Promise<void> } {
  const folded = nothingFolded()
  let keptSeq = 0
  let timer: unknown = null
  let keeping: Promise<void> | null = null

  const newCount = (): number => folded.state.run.lastSeq - keptSeq
  const keep = (): void => {
    const at = writer.position()
    // Between two parts of one delivery the log is ahead of what was folded: the next look finds them together.
    if (keeping !== null || at.seq !== folded.state.run.lastSeq || newCount() < NEW_ENTRIES_MIN) return
    keptSeq = at.seq
    keeping = store
      .keepSnapshot(log.run, keptOf(folded), at)
      .catch(() => {})
      .finally(() => (keeping = null))
  }
  const look = (): void => {
    timer = null
    if (log.dead === null) keep()
  }
  const arm = (): void => {
    timer ??= unrefed(timers.set(look, LOOK_AFTER_MS))
  }
  const stop = log.onWritten((entries) => {
    for (const entry of entries) foldItem(folded, entry)
    if (newCount() >= NEW_ENTRIES_MAX) keep()
    else arm()
  })

  return {
    async close() {
      stop()
      timers.clear(timer)
      await keeping
      if (log.dead === null) keep()
      await keeping
    },
  }
}

/** A timer that does not keep the process from ending. */
function unrefed(timer: unknown): unknown {
  ;(timer as Partial<NodeJS.Timeout>).unref?.()
  return timer
}
