import { fstatSync } from 'node:fs'
import { endFits } from './checksum.ts'
import { formatOf } from './codec.ts'
import { FORMAT_VERSION, type JsonObject } from './events.ts'
import { blocksForward, type Line, linesBackward, linesForward, linesOf, readAt } from './lines.ts'
import { isPassed, isReached, rangeOf } from './range.ts'
import { type RunningSum, runningSum } from './running-sum.ts'
import { type Hints, seek } from './seek.ts'
import { type Sifted, type Sifter, sifter } from './sift.ts'
import type { ReadOptions, Unreadable } from './store.ts'

export interface FileReadOptions extends Omit<ReadOptions, 'onChanged'> {
  /** As in `ReadOptions`, with the offset of the run's end. */
  readonly onChanged?: ((end: number) => void) | undefined
}

/** What an open log file holds of a range, in either direction. Throws ERR_BAD_TIME. */
export function* readFile(
  fd: number,
  { types, sieve, reverse = false, onChanged, ...bounds }: FileReadOptions,
  hints: Hints,
): Generator<Sifted | Unreadable, void> {
  const range = rangeOf(bounds)
  const size = fstatSync(fd).size
  const isFromStart = range.from <= 1 && range.since === null
  const start = isFromStart ? { from: 0, before: 0 } : seek(fd, size, (spot) => isReached(range, spot), hints)
  const isToEnd = range.to === Infinity && range.until === null
  const end = isToEnd ? size : seek(fd, size, (spot) => isPassed(range, spot), hints).to
  const sift = sifter({
    range,
    types: types === undefined ? null : new Set(types),
    sieve: sieve ?? null,
    reverse,
    version: formatVersion(fd),
    neighbour: reverse ? null : start.before,
    lineNumber: lineCounter(fd),
  })
  if (reverse) return yield* siftAll(sift, linesBackward(fd, start.from, end))
  const blocks = blocksForward(fd, start.from, size)
  if (onChanged === undefined || !isFromStart) return yield* siftAll(sift, linesOf(blocks))
  const sum = runningSum(blocks)
  for (const item of siftAll(sift, linesOf(sum.blocks))) {
    if ('entry' in item && !isAsWritten(item, sum)) onChanged(item.offset)
    yield item
  }
}

/** False when the end of a run says of the bytes before it what is not so. */
function isAsWritten({ entry, offset }: Sifted, sum: RunningSum): boolean {
  const before = entry.type === 'run_ended' ? sum.before(offset) : null
  return before === null || endFits(entry.data, before) !== false
}

/** Format version by the first line; the current one while there is none that tells. */
export function formatVersion(fd: number): number {
  for (const line of linesForward(fd, 0, fstatSync(fd).size, FIRST_LINE_BYTES)) return versionOf(line) ?? FORMAT_VERSION
  return FORMAT_VERSION
}

/** Counts lines up to an offset, going on from the last answer: only damaged files ask. */
export function lineCounter(fd: number): (offset: number) => number {
  let known = { offset: 0, line: 1 }
  return (offset) => {
    const between = newlines(fd, Math.min(known.offset, offset), Math.max(known.offset, offset))
    known = { offset, line: known.line + (offset < known.offset ? -between : between) }
    return known.line
  }
}

function* siftAll(sift: Sifter, lines: Iterable<Line>): Generator<Sifted | Unreadable, void> {
  for (const line of lines) {
    yield* sift.take(line)
    if (sift.done) return
  }
  yield* sift.end()
}

function versionOf({ bytes, start, end }: Line): number | null {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8', start, end))
    return typeof value === 'object' && value !== null ? formatOf(value as JsonObject) : null
  } catch {
    return null
  }
}

function newlines(fd: number, from: number, to: number): number {
  let count = 0
  for (let offset = from; offset < to; offset += COUNT_BYTES) {
    const block = readAt(fd, offset, Math.min(COUNT_BYTES, to - offset))
    for (let at = block.indexOf(10); at !== -1; at = block.indexOf(10, at + 1)) count += 1
  }
  return count
}

/** Most first lines fit; the block grows for those that do not. */
const FIRST_LINE_BYTES = 16 * 1024
const COUNT_BYTES = 1024 * 1024
