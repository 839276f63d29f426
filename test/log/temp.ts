import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** Where syncing costs nothing, for tests that open hundreds of logs; the usual place where there is none. */
export const MEMORY_DISK = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

/** A folder of this test's own, removed when the test is over. */
export function tempFolder(parent = tmpdir()): string {
  const folder = mkdtempSync(join(parent, 'ramure-log-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
