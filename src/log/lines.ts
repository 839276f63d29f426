/** Lines of a file by bytes: blocks of 1 MiB and a search for the newline byte, so U+2028 and torn UTF-8 are no concern here. */
import { readSync } from 'node:fs'

/** A complete line: `bytes[start..end)` without its newline. Valid until the next one is asked for. */
export interface Line {
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
  /** Where the line starts in the file. */
  readonly offset: number
}

const BLOCK_BYTES = 1024 * 1024
/** Enough for the last lines of most logs: `tail -n 10` reads no more. */
const FIRST_BLOCK_BYTES = 64 * 1024
const NEWLINE = 10

/** Complete lines from the offset `from`, where a line starts, up to the offset `to`. What follows the last newline is not there yet. */
export function* linesForward(fd: number, from: number, to: number, blockBytes = BLOCK_BYTES): Generator<Line, void> {
  let buffer: Buffer = Buffer.allocUnsafe(Math.max(1, Math.min(blockBytes, to - from)))
  let filled = 0
  let base = from
  while (base + filled < to) {
    if (filled === buffer.length) buffer = grown(buffer, filled)
    const read = readSync(fd, buffer, filled, Math.min(buffer.length - filled, to - base - filled), base + filled)
    if (read === 0) return
    const searched = filled
    filled += read
    let start = 0
    for (let end = indexOf(buffer, searched, filled); end !== -1; end = indexOf(buffer, start, filled)) {
      yield { bytes: buffer, start, end, offset: base + start }
      start = end + 1
    }
    buffer.copyWithin(0, start, filled)
    base += start
    filled -= start
  }
}

/** Complete lines between two offsets, last first. `from` is the start of a line; what follows the last newline before `to` is left out. */
export function* linesBackward(fd: number, from: number, to: number): Generator<Line, void> {
  let blockBytes = FIRST_BLOCK_BYTES
  let base = to
  // Bytes from `base` on that end with the newline of the next line to yield, or none while that newline was not found.
  let rest: Buffer = Buffer.alloc(0)
  while (base > from) {
    const size = Math.min(blockBytes, base - from)
    base -= size
    rest = Buffer.concat([readAt(fd, base, size), rest])
    rest = rest.subarray(0, rest.lastIndexOf(NEWLINE) + 1)
    for (let end = rest.length - 1; end >= 0; end = rest.length - 1) {
      const before = end === 0 ? -1 : rest.lastIndexOf(NEWLINE, end - 1)
      if (before === -1 && base > from) break
      yield { bytes: rest, start: before + 1, end, offset: base + before + 1 }
      rest = rest.subarray(0, before + 1)
    }
    // A line longer than a block would be copied again and again: let the blocks grow with it.
    blockBytes = Math.max(BLOCK_BYTES, rest.length)
  }
}

function grown(buffer: Buffer, filled: number): Buffer {
  const larger = Buffer.allocUnsafe(buffer.length * 2)
  buffer.copy(larger, 0, 0, filled)
  return larger
}

function indexOf(buffer: Buffer, from: number, to: number): number {
  const found = buffer.indexOf(NEWLINE, from)
  return found < to ? found : -1
}

/** Reads exactly `size` bytes unless the file ends before. */
export function readAt(fd: number, offset: number, size: number): Buffer {
  const buffer = Buffer.allocUnsafe(size)
  let filled = 0
  while (filled < size) {
    const read = readSync(fd, buffer, filled, size - filled, offset + filled)
    if (read === 0) break
    filled += read
  }
  return buffer.subarray(0, filled)
}
