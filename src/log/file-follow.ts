/**
 * Follows a log file while it grows: reads to its end, then waits until somebody tells of more, or the folder changes. The file
 * itself is the buffer, so a slow reader costs the writer nothing (L7). A half line is read again from its start once there is more.
 *
 * What was read is never read again: after a file became shorter, was written over or has another file in its place, the
 * reading goes on behind the last `seq` that was seen. A file that is gone is read to its end.
 */
import { closeSync, fstatSync, openSync, statSync } from 'node:fs'
import { alarmOf, type WatchFolder } from './alarm.ts'
import { linesForward, readAt } from './lines.ts'
import { formatVersion, lineCounter } from './log-file.ts'
import { rangeOf } from './range.ts'
import { seek } from './seek.ts'
import { type Sifted, type Sifter, sifter } from './sift.ts'
import type { Bell, Unreadable } from './store.ts'

export interface FileFollowOptions {
  readonly path: string
  /** The folder whose changes wake the reader. */
  readonly folder: string
  readonly after: number
  readonly signal: AbortSignal | undefined
  /** Who knows of changes; without one, or while it says nothing, the folder is watched. */
  readonly bell: Bell | undefined
  /** How it is watched; default `fs.watch`. */
  readonly watchFolder: WatchFolder | undefined
  /** Whether somebody may still append; asked only at the end of the file. */
  readonly writerMayLive: () => boolean
}

/** An entry as it stands in the file that it was read from, which is open as `fd` until the next one is asked for. */
export interface Followed extends Sifted {
  readonly fd: number
}

/** Yields entries above `after`, then those that are appended later, until the writer is gone or `signal` aborts. */
export async function* followFile(options: FileFollowOptions): AsyncGenerator<Followed | Unreadable, void> {
  const { path, after, signal, writerMayLive } = options
  const alarm = alarmOf(options)
  let fd = openSync(path, 'r')
  try {
    let reading = start(fd, after)
    for (let look = true; !isAborted(signal); look = await alarm.rings()) {
      alarm.reset()
      // Asked before the file is read: what a writer wrote before it went is then surely seen.
      const last = look && !writerMayLive()
      const other = look ? replacement(path, fd) : null
      if (other !== null) {
        closeSync(fd)
        fd = other
        alarm.renew()
        reading = start(fd, behind(reading, after))
      } else if (!isIntact(fd, reading)) reading = start(fd, behind(reading, after))
      for (const item of grownBy(fd, reading)) {
        yield 'entry' in item ? { ...item, fd } : item
        if (isAborted(signal)) return
      }
      if (last) return yield* reading.sift.end()
    }
  } finally {
    closeSync(fd)
    alarm.stop()
  }
}

/** How much is compared of what was read last: a line of its own is never the same again. */
const ANCHOR_BYTES = 64

interface Reading {
  readonly sift: Sifter
  offset: number
  /** The bytes before `offset`. */
  anchor: Buffer
}

/** What has been seen by now; before the reading has come as far as it was to begin, that place still. */
function behind({ sift }: Reading, after: number): number {
  return Math.max(after, sift.lastSeq ?? 0)
}

/** False when the bytes before the place are not there any more: cut off, or others. */
function isIntact(fd: number, { offset, anchor }: Reading): boolean {
  return fstatSync(fd).size >= offset && readAt(fd, offset - anchor.length, anchor.length).equals(anchor)
}

/** The file that has come into the place of the one we read, open; null when it is still there, or none is. */
function replacement(path: string, fd: number): number | null {
  const [there, ours] = [statSync(path, { throwIfNoEntry: false }), fstatSync(fd)]
  if (there === undefined || (there.ino === ours.ino && there.dev === ours.dev)) return null
  try {
    return openSync(path, 'r')
  } catch (error) {
    // It has gone again.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

function start(fd: number, after: number): Reading {
  const place = after === 0 ? { from: 0, before: 0 } : seek(fd, fstatSync(fd).size, ({ seq }) => seq > after)
  const sift = sifter({
    range: rangeOf({ from: after + 1 }),
    types: null,
    sieve: null,
    reverse: false,
    version: formatVersion(fd),
    neighbour: place.before,
    lineNumber: lineCounter(fd),
  })
  return { sift, offset: place.from, anchor: anchorAt(fd, place.from) }
}

function* grownBy(fd: number, reading: Reading): Generator<Sifted | Unreadable, void> {
  for (const line of linesForward(fd, reading.offset, fstatSync(fd).size)) {
    reading.offset = line.next
    yield* reading.sift.take(line)
  }
  reading.anchor = anchorAt(fd, reading.offset)
}

function anchorAt(fd: number, offset: number): Buffer {
  const size = Math.min(ANCHOR_BYTES, offset)
  return readAt(fd, offset - size, size)
}

/** A function, because the compiler takes a property it has seen false to stay so. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true
}
