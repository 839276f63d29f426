/**
 * A sparse index beside a long log, `index.bin`: every 256 KiB an entry's `seq`, time and place, as three 64-bit floats. It
 * only says where to look first. What is found there is believed, the index never, so it may be old, damaged or
 * of another log and costs no more than the two looks it suggested.
 */
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { timeOf } from './head.ts'
import type { Spot } from './range.ts'
import type { RunFolder } from './run-folder.ts'
import { firstReadable, type Hints } from './seek.ts'

/** Where to look first for the turn of a condition; nothing when there is no index. */
export function readIndex(folder: RunFolder): Hints {
  let read: Float64Array | null = null
  return (reached) => {
    const marks = (read ??= readMarks(folder))
    let low = 0
    let high = marks.length / FIELDS
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if (reached(spotAt(marks, middle))) high = middle
      else low = middle + 1
    }
    return [offsetAt(marks, low - 1), offsetAt(marks, low)].filter((offset) => offset !== null)
  }
}

/** Adds what the log has had since the index was written, up to the byte `to`. Keeps an old index when it cannot be written. */
export async function extendIndex(folder: RunFolder, to: number): Promise<void> {
  const draft = join(folder.path, `.index-${process.pid}-${(drafts += 1)}.tmp`)
  try {
    const known = readMarks(folder)
    const added = marksBetween(folder, offsetAt(known, known.length / FIELDS - 1) ?? 0, to)
    if (added.length === 0) return
    await writeFile(draft, new Uint8Array(Float64Array.from([...known, ...added]).buffer), { mode: 0o600, flag: 'wx' })
    await rename(draft, pathOf(folder))
  } catch {
    await rm(draft, { force: true }).catch(() => {})
  }
}

const STEP_BYTES = 256 * 1024
/** `seq`, time in ms since 1970, offset. */
const FIELDS = 3
let drafts = 0

function pathOf(folder: RunFolder): string {
  return join(folder.path, 'index.bin')
}

function readMarks(folder: RunFolder): Float64Array {
  try {
    const bytes = readFileSync(pathOf(folder))
    const whole = bytes.length - (bytes.length % (FIELDS * Float64Array.BYTES_PER_ELEMENT))
    return new Float64Array(Uint8Array.from(bytes.subarray(0, whole)).buffer)
  } catch {
    return new Float64Array()
  }
}

function marksBetween(folder: RunFolder, from: number, to: number): number[] {
  const fd = openSync(folder.events, 'r')
  try {
    const end = Math.min(to, fstatSync(fd).size)
    const marks: number[] = []
    for (let offset = from + STEP_BYTES; offset < end; offset += STEP_BYTES) {
      const found = firstReadable(fd, offset, Math.min(end, offset + STEP_BYTES))
      if (found !== null) marks.push(found.head.seq, Date.parse(timeOf(found.line, found.head)), found.line.offset)
    }
    return marks
  } finally {
    closeSync(fd)
  }
}

/** What a damaged index says is no time reads as the first of all: then the place is looked for as without an index. */
function spotAt(marks: Float64Array, index: number): Spot {
  const [seq = 0, ms = 0] = marks.subarray(index * FIELDS)
  return { seq, time: Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : '' }
}

function offsetAt(marks: Float64Array, index: number): number | null {
  const offset = marks[index * FIELDS + 2]
  return offset !== undefined && Number.isSafeInteger(offset) && offset > 0 ? offset : null
}
