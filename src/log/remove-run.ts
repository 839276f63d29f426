import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { lockedBy } from './jsonl-open.ts'
import { acquireLock } from './lock.ts'
import type { RunFolder } from './run-folder.ts'

/**
 * Removes a run, unless `whyKept`, asked when nobody else can write it any more, says why it stays; returns that, or null. Throws
 * ERR_RUN_LOCKED, and what `whyKept` throws; then the run is as it was.
 */
export function removeRun(logs: string, folder: RunFolder, whyKept: () => string | null = () => null): string | null {
  const lock = acquireLock(folder.path)
  if ('who' in lock) throw lockedBy(folder, lock.who, lock.alive)
  // Moved out of sight in one step first, so that nobody sees half a run.
  const away = join(logs, `.deleted-${folder.run}-${process.pid}-${Date.now()}`)
  let isAway = false
  try {
    const why = whyKept()
    if (why !== null) return why
    renameSync(folder.path, away)
    isAway = true
  } finally {
    if (!isAway) lock.release()
  }
  // Another process may take it for a removal that was interrupted, and help.
  rmSync(away, { recursive: true, force: true })
  return null
}
