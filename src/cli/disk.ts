/** How much room there is where logs are written. */
import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'

/** With less than this a run that is told much stops in seconds. */
export const FULL_BYTES = 16 * 1024 * 1024

/** Bytes that this user may still write below `folder`, which need not exist yet; null when that cannot be told. */
export async function freeBytes(folder: string): Promise<number | null> {
  const found = await statfs(folder).catch((error: NodeJS.ErrnoException) => error)
  // What is no disk has no blocks.
  if (!(found instanceof Error)) return found.blocks === 0 ? null : found.bavail * found.bsize
  if (found.code !== 'ENOENT' || dirname(folder) === folder) return null
  return freeBytes(dirname(folder))
}
