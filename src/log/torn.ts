import { closeSync, existsSync, fstatSync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { decodeEntry } from './codec.ts'
import { RamureError } from './error.ts'
import type { Entry } from './events.ts'
import { linesBackward, readAt } from './lines.ts'
import { formatVersion } from './log-file.ts'
import type { LogWriter } from './store.ts'
import { syncFolder } from './sync-folder.ts'

/** Where a log goes on. */
export interface Tail {
  readonly last: Entry | null
  readonly repaired: LogWriter['repaired']
}

/**
 * Finds the last entry and moves what follows it, a torn or unreadable end, to `events.torn` beside the log (L3). The bytes are
 * safe there before they are cut off here. Throws ERR_LOG_NEWER.
 */
export function repairTail(fd: number, folder: string): Tail {
  const size = fstatSync(fd).size
  const { last, end } = lastEntry(fd, size)
  if (end === size) return { last, repaired: null }
  const keptAs = unusedName(folder)
  copyOut(fd, end, size, join(folder, keptAs))
  syncFolder(folder)
  ftruncateSync(fd, end)
  fsyncSync(fd)
  return { last, repaired: { bytes: size - end, keptAs } }
}

const COPY_BYTES = 1024 * 1024

/** The last line that is an entry, and where it ends. */
function lastEntry(fd: number, size: number): { readonly last: Entry | null; readonly end: number } {
  const version = formatVersion(fd)
  for (const { bytes, start, end, offset } of linesBackward(fd, 0, size)) {
    const entry = decode(bytes.toString('utf8', start, end), version)
    if (entry !== null) return { last: entry, end: offset + end - start + 1 }
  }
  return { last: null, end: 0 }
}

function decode(line: string, version: number): Entry | null {
  try {
    return decodeEntry(line, version)
  } catch (error) {
    if (error instanceof RamureError && error.code === 'ERR_LOG_LINE') return null
    throw error
  }
}

/** `events.torn`, `events.torn.2`, …: an earlier repair is never overwritten. */
function unusedName(folder: string): string {
  let name = 'events.torn'
  for (let count = 2; existsSync(join(folder, name)); count += 1) name = `events.torn.${count}`
  return name
}

function copyOut(fd: number, from: number, to: number, path: string): void {
  const out = openSync(path, 'wx', 0o600)
  try {
    for (let offset = from; offset < to; offset += COPY_BYTES) writeAll(out, readAt(fd, offset, Math.min(COPY_BYTES, to - offset)))
    fsyncSync(out)
  } finally {
    closeSync(out)
  }
}

function writeAll(fd: number, bytes: Buffer): void {
  for (let offset = 0; offset < bytes.length; ) offset += writeSync(fd, bytes, offset)
}
