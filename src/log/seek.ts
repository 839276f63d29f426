import { type Head, scanHead, timeOf } from './head.ts'
import { type Line, lineStart, linesForward } from './lines.ts'
import type { Spot } from './range.ts'

/** A part of the file, by offsets of line starts. */
export interface Place {
  /** No readable line before this offset is wanted; `before` is the `seq` of the last one, 0 at the start, null when unknown. */
  readonly from: number
  readonly before: number | null
  /** Every readable line from this offset on is wanted. */
  readonly to: number
}

/** Whether an entry lies at or behind what is looked for: false up to some entry of the file, true from there on. */
export type Reached = (spot: Spot) => boolean
/** Offsets at which it is worth looking first. */
export type Hints = (reached: Reached) => readonly number[]

/** Finds about where `reached` turns true, by halving the file: a few small reads however long it is, fewer with good hints. */
export function seek(fd: number, size: number, reached: Reached, hints: Hints = () => []): Place {
  let place: Place = { from: 0, before: 0, to: size }
  let low = 0
  let high = size
  const look = (at: number): void => {
    const probe = firstReadable(fd, at, high)
    if (probe === null || reached({ seq: probe.head.seq, time: timeOf(probe.line, probe.head) })) {
      if (probe !== null) place = { ...place, to: probe.line.offset }
      high = at
    } else {
      const { line, head } = probe
      place = { ...place, from: line.next, before: head.seq }
      low = place.from
    }
  }
  // One byte before a line that was noted is where that line is found again.
  if (size >= HINTS_FROM_BYTES) for (const hint of hints(reached)) if (hint - 1 > low && hint - 1 < high) look(hint - 1)
  while (high - low > CLOSE_BYTES) look(Math.floor((low + high) / 2))
  return place
}

/** Below this, reading on is cheaper than seeking. */
const CLOSE_BYTES = 64 * 1024
/** Below this, halving is as quick as opening another file. */
const HINTS_FROM_BYTES = 1024 * 1024
/** A few lines. */
const PROBE_BYTES = 8 * 1024

/** The first line that starts after `from` and before `to` and whose head can be read. */
export function firstReadable(fd: number, from: number, to: number): { readonly line: Line; readonly head: Head } | null {
  const start = lineStart(fd, from, to)
  if (start === null) return null
  for (const line of linesForward(fd, start, to, PROBE_BYTES)) {
    const head = line.cut === null ? scanHead(line) : null
    if (head !== null) return { line, head }
  }
  return null
}
