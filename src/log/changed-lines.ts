import { checkPrefix } from './checksum.ts'
import { readAt } from './lines.ts'
import { lineCounter } from './log-file.ts'
import type { RunFolder } from './run-folder.ts'
import type { ChangedLines } from './store.ts'
import { snapshotMark } from './verify-snapshot.ts'

/**
 * Among which lines a byte was changed, when those before the offset `end` do not have the checksum that the run's end gives.
 * Where the snapshot beside the log bears witness to the first of them, they are not among these.
 */
export function changedLines(folder: RunFolder, fd: number, end: number): ChangedLines {
  const lineAt = lineCounter(fd)
  const first = lineAt(witnessedBytes(folder, fd, end))
  return { first, last: Math.max(first, lineAt(end) - 1) }
}

function witnessedBytes(folder: RunFolder, fd: number, end: number): number {
  const mark = snapshotMark(folder.path)
  if (typeof mark === 'string' || mark.crc32 === null || mark.bytes > end) return 0
  return checkPrefix(blocksOf(fd), { bytes: mark.bytes, crc32: mark.crc32 }) === 'same' ? mark.bytes : 0
}

const BLOCK_BYTES = 1024 * 1024

function* blocksOf(fd: number): Generator<Uint8Array, void> {
  for (let offset = 0; ; offset += BLOCK_BYTES) {
    const block = readAt(fd, offset, BLOCK_BYTES)
    if (block.length === 0) return
    yield block
  }
}
