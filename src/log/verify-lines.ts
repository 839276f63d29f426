/** Lines of a file for whoever has to look at all of them: memory stays bounded, whatever the file holds. */
import { readSync } from 'node:fs'
import { EMPTY, extend } from './checksum.ts'
import type { Prefix } from './events.ts'

/** A complete line; `before` and `behind` are what the file says up to its start, and up to the next one. */
export interface CheckedLine {
  /** Number of the line, 1 for the first. */
  readonly line: number
  /** Without its newline, valid until the next one is asked for; null for a line of more than `LINE_BYTES_MAX`. */
  readonly bytes: Buffer | null
  readonly before: Prefix
  readonly behind: Prefix
}

/** What follows the last newline. */
export interface Rest {
  readonly rest: Prefix
}

/** No line that ramure writes comes near: texts of 64 KiB are kept elsewhere. A hole of NUL bytes may. */
const LINE_BYTES_MAX = 64 * 1024 * 1024
const BLOCK_BYTES = 1024 * 1024
const NEWLINE = 10

/** Every complete line up to the offset `to`, then the rest. Stops early when the file does. */
export function* checkedLines(fd: number, to: number, lineBytesMax = LINE_BYTES_MAX): Generator<CheckedLine | Rest, void> {
  let before = EMPTY
  // What was read of a line that goes on in the next block; null once it is too long to be kept.
  let started: Buffer[] | null = []
  let startedBytes = 0
  let behind = EMPTY
  let line = 1
  const block = Buffer.allocUnsafe(Math.max(1, Math.min(BLOCK_BYTES, to)))
  while (behind.bytes < to) {
    const read = readSync(fd, block, 0, Math.min(block.length, to - behind.bytes), behind.bytes)
    if (read === 0) break
    for (let start = 0; start < read; ) {
      const found = block.subarray(0, read).indexOf(NEWLINE, start)
      const end = found === -1 ? read : found
      startedBytes += end - start
      if (startedBytes > lineBytesMax) started = null
      if (found === -1) {
        started?.push(Buffer.from(block.subarray(start, end)))
        behind = extend(behind, block.subarray(start, end))
        break
      }
      behind = extend(behind, block.subarray(start, end + 1))
      yield { line, bytes: joined(started, block.subarray(start, end)), before, behind }
      line += 1
      before = behind
      started = []
      startedBytes = 0
      start = end + 1
    }
  }
  yield { rest: { bytes: behind.bytes - before.bytes, crc32: behind.crc32 } }
}

function joined(started: readonly Buffer[] | null, last: Buffer): Buffer | null {
  if (started === null) return null
  return started.length === 0 ? last : Buffer.concat([...started, last])
}
