import { closeSync, fsyncSync, openSync } from 'node:fs'
import { dirname } from 'node:path'

/** Makes the names in a folder durable. Of a folder `fdatasync` may bring nothing to the disk, so it takes `fsync`. */
export function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r')
  try {
    fsyncSync(fd)
  } catch (error) {
    // The file system keeps nothing back that could be synced.
    if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error
  } finally {
    closeSync(fd)
  }
}

/** A folder and those above it, up to the one that `top` is in. */
export function foldersUpTo(folder: string, top: string): readonly string[] {
  const folders = [folder]
  for (let at = folder; at !== dirname(top) && at !== dirname(at); at = dirname(at)) folders.push(dirname(at))
  return folders
}
