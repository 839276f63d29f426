/**
 * Lines of a file by bytes: blocks of 1 MiB and a search for the newline byte, so U+2028 and torn UTF-8 are no concern here.
 * Memory stays that of a few blocks whatever the file holds: what cannot be a line of the log is passed over, not gathered.
 */
import { readSync } from 'node:fs'

/** A complete line: `bytes[start..end)` without its newline. Valid until the next one is asked for. */
export interface Line {
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
  /** Where the line starts in the file. */
  readonly offset: number
  /** Where the line after it starts. */
  readonly next: number
  /** Why the bytes are only the beginning of the line; null for a line that is all there. */
  readonly cut: string | null
}

/** Complete lines side by side, up to and with the newline before `end`; or, when `cut`, the beginning of one that is no entry. */
export interface Block {
  readonly bytes: Buffer
  readonly end: number
  /** Where `bytes` starts in the file. */
  readonly offset: number
  /** Where the next block starts. */
  readonly next: number
  readonly cut: string | null
}

const BLOCK_BYTES = 1024 * 1024
/** Enough for the last lines of most logs: `tail -n 10` reads no more. */
const FIRST_BLOCK_BYTES = 64 * 1024
/** No text in this process can be longer. */
const LINE_BYTES_MAX = 512 * 1024 * 1024
/** How much is kept of a line that is passed over: enough to see its head. */
const CUT_BYTES = 4096
const NEWLINE = 10
const QUOTE = 0x22
/** So many quotes stand behind the bytes of a block: who looks for one, or some bytes ahead, need not ask where the block ends. */
export const QUOTES_BEHIND = 32

/** Blocks of complete lines from the offset `from`, where a line starts, up to the offset `to`. Each is valid until the next. */
export function* blocksForward(fd: number, from: number, to: number, blockBytes = BLOCK_BYTES): Generator<Block, void> {
  let buffer: Buffer = Buffer.allocUnsafe(Math.max(1, Math.min(blockBytes, to - from)) + QUOTES_BEHIND)
  let filled = 0
  let base = from
  while (base + filled < to) {
    const room = buffer.length - QUOTES_BEHIND
    if (filled === room) {
      const cut = whyNoLine(buffer, filled)
      if (cut === null) {
        buffer = grown(buffer, filled)
        continue
      }
      const next = lineStart(fd, base + filled, to)
      if (next === null) return
      yield { bytes: buffer, end: Math.min(filled, CUT_BYTES), offset: base, next, cut }
      base = next
      filled = 0
      continue
    }
    const read = readSync(fd, buffer, filled, Math.min(room - filled, to - base - filled), base + filled)
    // The file has become shorter.
    if (read === 0) return
    filled += read
    buffer.fill(QUOTE, filled, filled + QUOTES_BEHIND)
    const end = buffer.lastIndexOf(NEWLINE, filled - 1) + 1
    if (end === 0) continue
    yield { bytes: buffer, end, offset: base, next: base + end, cut: null }
    buffer.copyWithin(0, end, filled)
    base += end
    filled -= end
  }
}

/** Complete lines from the offset `from`, where a line starts, up to the offset `to`. What follows the last newline is not there yet. */
export function linesForward(fd: number, from: number, to: number, blockBytes = BLOCK_BYTES): Generator<Line, void> {
  return linesOf(blocksForward(fd, from, to, blockBytes))
}

/** The lines of blocks, one after the other. */
export function* linesOf(blocks: Iterable<Block>): Generator<Line, void> {
  for (const { bytes, end: blockEnd, offset, next, cut } of blocks) {
    if (cut !== null) yield { bytes, start: 0, end: blockEnd, offset, next, cut }
    else
      for (let start = 0; start < blockEnd; ) {
        const end = bytes.indexOf(NEWLINE, start)
        yield { bytes, start, end, offset: offset + start, next: offset + end + 1, cut: null }
        start = end + 1
      }
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
    const block = readAt(fd, base - size, size)
    // The file has become shorter: what was read does not join what is there.
    if (block.length < size) return
    base -= size
    rest = Buffer.concat([block, rest])
    rest = rest.subarray(0, rest.lastIndexOf(NEWLINE) + 1)
    for (let end = rest.length - 1; end >= 0; end = rest.length - 1) {
      const before = end === 0 ? -1 : rest.lastIndexOf(NEWLINE, end - 1)
      if (before === -1 && base > from) break
      yield { bytes: rest, start: before + 1, end, offset: base + before + 1, next: base + end + 1, cut: null }
      rest = rest.subarray(0, before + 1)
    }
    const cut = rest.length < BLOCK_BYTES ? null : whyNoLine(rest, rest.length)
    if (cut !== null) {
      const next = base + rest.length
      base = lineBegin(fd, from, base)
      const bytes = readAt(fd, base, CUT_BYTES)
      yield { bytes, start: 0, end: bytes.length, offset: base, next, cut }
      rest = Buffer.alloc(0)
    }
    // A line longer than a block would be copied again and again: let the blocks grow with it.
    blockBytes = Math.max(BLOCK_BYTES, rest.length)
  }
}

/** Where the first line behind the first newline from `from` on starts; null when there is no newline before `to`. */
export function lineStart(fd: number, from: number, to: number): number | null {
  for (let offset = from, size = CUT_BYTES; offset < to; offset += size, size = BLOCK_BYTES) {
    const found = readAt(fd, offset, Math.min(size, to - offset)).indexOf(NEWLINE)
    if (found !== -1) return offset + found + 1
  }
  return null
}

/** Where the line starts that the byte before `to` belongs to; `from` when no newline comes between. */
function lineBegin(fd: number, from: number, to: number): number {
  for (let end = to; end > from; end -= BLOCK_BYTES) {
    const start = Math.max(from, end - BLOCK_BYTES)
    const found = readAt(fd, start, end - start).lastIndexOf(NEWLINE)
    if (found !== -1) return start + found + 1
  }
  return from
}

/** Why these bytes cannot begin a line of a log however it goes on, or null when they can. */
function whyNoLine(bytes: Buffer, length: number): string | null {
  const nul = bytes.indexOf(0)
  if (nul !== -1 && nul < length) return 'it holds NUL bytes, as a crash of the machine leaves them'
  return length < LINE_BYTES_MAX ? null : 'it is longer than 512 MiB'
}

function grown(buffer: Buffer, filled: number): Buffer {
  const larger = Buffer.allocUnsafe(buffer.length * 2)
  buffer.copy(larger, 0, 0, filled)
  return larger
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
