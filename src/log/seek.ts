import { scanHead } from './head.ts'
import { linesForward, readAt } from './lines.ts'

/** A part of the file, by offsets of line starts. */
export interface Place {
  /** Every readable line before this offset has a lower `seq`; `before` is that of the last one, 0 at the start, null when unknown. */
  readonly from: number
  readonly before: number | null
  /** No readable line from this offset on has a lower `seq`. */
  readonly to: number
}

/** Finds about where the entry `seq` is, by halving the file: a few small reads however long it is. */
export function seek(fd: number, size: number, seq: number): Place {
  let place: Place = { from: 0, before: 0, to: size }
  let low = 0
  let high = size
  if (seq <= 1) return { from: 0, before: 0, to: size }
  while (high - low > CLOSE_BYTES) {
    const middle = Math.floor((low + high) / 2)
    const probe = firstReadable(fd, middle, high)
    if (probe === null || probe.seq >= seq) {
      if (probe !== null) place = { ...place, to: probe.start }
      high = middle
    } else {
      place = { ...place, from: probe.end, before: probe.seq }
      low = probe.end
    }
  }
  return place
}

/** Below this, reading on is cheaper than seeking. */
const CLOSE_BYTES = 64 * 1024

/** The first line that starts after `from` and before `to` and whose head can be read. */
function firstReadable(
  fd: number,
  from: number,
  to: number,
): { readonly seq: number; readonly start: number; readonly end: number } | null {
  for (const line of linesForward(fd, lineStart(fd, from, to), to, CLOSE_BYTES)) {
    const head = scanHead(line)
    if (head !== null) return { seq: head.seq, start: line.offset, end: line.offset + line.end - line.start + 1 }
  }
  return null
}

function lineStart(fd: number, from: number, to: number): number {
  for (let offset = from; offset < to; offset += CLOSE_BYTES) {
    const found = readAt(fd, offset, Math.min(CLOSE_BYTES, to - offset)).indexOf(10)
    if (found !== -1) return offset + found + 1
  }
  return to
}
