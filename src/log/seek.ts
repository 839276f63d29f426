import { type Head, scanHead } from './head.ts'
import { type Line, lineStart, linesForward } from './lines.ts'

/** A part of the file, by offsets of line starts. */
export interface Place {
  /** No readable line before this offset is wanted; `before` is the `seq` of the last one, 0 at the start, null when unknown. */
  readonly from: number
  readonly before: number | null
  /** Every readable line from this offset on is wanted. */
  readonly to: number
}

/** Whether a line lies at or behind what is looked for: false up to some line of the file, true from there on. */
export type Reached = (line: Line, head: Head) => boolean

/** Finds about where `reached` turns true, by halving the file: a few small reads however long it is. */
export function seek(fd: number, size: number, reached: Reached): Place {
  let place: Place = { from: 0, before: 0, to: size }
  let low = 0
  let high = size
  while (high - low > CLOSE_BYTES) {
    const middle = Math.floor((low + high) / 2)
    const probe = firstReadable(fd, middle, high)
    if (probe === null || reached(probe.line, probe.head)) {
      if (probe !== null) place = { ...place, to: probe.line.offset }
      high = middle
    } else {
      const { line, head } = probe
      place = { ...place, from: line.next, before: head.seq }
      low = place.from
    }
  }
  return place
}

/** Below this, reading on is cheaper than seeking. */
const CLOSE_BYTES = 64 * 1024
/** A few lines. */
const PROBE_BYTES = 8 * 1024

/** The first line that starts after `from` and before `to` and whose head can be read. */
function firstReadable(fd: number, from: number, to: number): { readonly line: Line; readonly head: Head } | null {
  const start = lineStart(fd, from, to)
  if (start === null) return null
  for (const line of linesForward(fd, start, to, PROBE_BYTES)) {
    const head = line.cut === null ? scanHead(line) : null
    if (head !== null) return { line, head }
  }
  return null
}
