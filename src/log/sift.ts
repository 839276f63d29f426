/**
 * From lines to entries. Knows the order of `seq`, so it notices what is unreadable, missing or out of place, and tells
 * it together with the readable neighbours. Works in both directions.
 */
import { isUtf8 } from 'node:buffer'
import { decodeEntry, formatOf } from './codec.ts'
import { RamureError } from './error.ts'
import { type Entry, FORMAT_VERSION, type JsonObject } from './events.ts'
import { scanHead, timeOf } from './head.ts'
import type { Line } from './lines.ts'
import { isPassed, isReached, isTimed, type Range, type Spot } from './range.ts'
import type { Sieve, Unreadable } from './store.ts'

/** An entry and the line it came from. */
export interface Sifted {
  readonly entry: Entry
  readonly text: string
  /** Where the line starts in the file. */
  readonly offset: number
}

export interface SifterOptions {
  readonly range: Range
  readonly types: ReadonlySet<string> | null
  /** What it refuses is not decoded; null refuses nothing. */
  readonly sieve: Sieve | null
  readonly reverse: boolean
  /** Format version of the file. */
  readonly version: number
  /** `seq` of the line just outside of the first one to come: 0 at the start of a file, null when unknown. */
  readonly neighbour: number | null
  /** Number of the line at an offset, 1 for the first. Asked only for damaged lines. */
  readonly lineNumber: (offset: number) => number
}

export interface Sifter {
  /** Notes the readable line `seq` and says true when it is the very next one and nothing waits to be told; else it has to be taken. */
  passes(seq: number): boolean
  /** What a line gives: nothing, an entry, or first what was wrong with lines before it. */
  take(line: Line): readonly (Sifted | Unreadable)[]
  /** What was wrong with lines that have no readable neighbour after them. */
  end(): readonly Unreadable[]
  /** True when no further line can matter. */
  readonly done: boolean
  /** `seq` of the last readable line, as in `neighbour`. */
  readonly lastSeq: number | null
}

/** A sifter for the lines of one file, in order. */
export function sifter(options: SifterOptions): Sifter {
  const { range, types, sieve, reverse } = options
  const step = reverse ? -1 : 1
  const timed = isTimed(range)
  let { version, neighbour: last } = options
  let held: Held[] = []
  let done = false

  const release = (next: number | null): Unreadable[] => {
    const near = last === 0 ? null : last
    const [after, before] = reverse ? [next, near] : [near, next]
    const out = held.map(({ line, reason }) => ({ unreadable: { line, after, before, reason } }))
    held = []
    return out
  }

  const hold = (line: Line, reason: string): readonly Unreadable[] => {
    held.push({ line: options.lineNumber(line.offset), reason })
    return held.length >= HELD_MAX ? release(null) : []
  }

  /** Says that a readable line is here; returns what has to be told before it, or null when it is out of place. */
  const advance = (line: Line, at: Spot): readonly Unreadable[] | null => {
    const { seq } = at
    if (last !== null && (seq - last) * step <= 0) return null
    const missing = last === null ? 0 : (seq - last) * step - 1 - held.length
    if (missing > 0)
      held.push({ line: options.lineNumber(line.offset), reason: `${missing} ${missing === 1 ? 'entry is' : 'entries are'} missing here` })
    const told = held.length === 0 ? NOTHING : release(seq)
    last = seq
    done = reverse ? seq <= range.from || !isReached(range, at) : seq >= range.to || isPassed(range, at)
    // Damage that lies wholly before the wanted part is not this reader's concern.
    return (reverse ? seq < range.to && !isPassed(range, at) : seq > range.from && isReached(range, at)) ? told : NOTHING
  }

  // Of an older line nobody knows the words yet.
  const mayWant = (line: Line): boolean => sieve === null || version !== FORMAT_VERSION || sieve(line)

  return {
    get done() {
      return done
    },
    get lastSeq() {
      return last
    },
    end: () => release(null),
    passes(seq) {
      if (last === null || seq !== last + step || held.length > 0) return false
      last = seq
      return true
    },
    take(line) {
      if (line.cut !== null) return hold(line, line.cut)
      const head = scanHead(line)
      const spot = head === null ? null : { seq: head.seq, time: timed ? timeOf(line, head) : '' }
      const wanted = head === null || spot === null || (isInside(range, spot) && (types === null || types.has(head.type)) && mayWant(line))
      const read = wanted ? decodeLine(line, version) : null
      if (typeof read === 'string') return hold(line, read)
      // What has no head was parsed.
      const at = read?.entry ?? (spot as Spot)
      if (read?.entry.type === 'run_started') version = read.version
      const before = last
      const told = advance(line, at)
      if (told === null) return hold(line, `its seq ${at.seq} does not ${reverse ? 'precede' : 'follow'} ${before}`)
      const yields = read !== null && isInside(range, at) && (types === null || types.has(read.entry.type))
      return yields ? [...told, read] : told
    },
  }
}

/** Damaged lines that wait for a readable neighbour; more than these are told without one. */
const HELD_MAX = 1000
const NOTHING: readonly never[] = []

interface Held {
  readonly line: number
  readonly reason: string
}

function isInside(range: Range, at: Spot): boolean {
  return isReached(range, at) && !isPassed(range, at)
}

/** The entry of a line, or why it is none. Throws ERR_LOG_NEWER. */
export function decodeLine({ bytes, start, end, offset }: Line, version: number): (Sifted & { readonly version: number }) | string {
  const text = bytes.toString('utf8', start, end)
  if (text.includes('\ufffd') && !isUtf8(bytes.subarray(start, end))) return 'it is not UTF-8'
  try {
    const entry = decodeEntry(text, version)
    return {
      entry,
      text,
      offset,
      version: entry.type === 'run_started' ? (formatOf(JSON.parse(text) as JsonObject) ?? FORMAT_VERSION) : version,
    }
  } catch (error) {
    if (error instanceof RamureError && error.code === 'ERR_LOG_LINE') return reasonOf(error, text)
    throw error
  }
}

function reasonOf({ message }: RamureError, text: string): string {
  if (text.includes('\0')) return 'it holds NUL bytes, as a crash of the machine leaves them'
  return message.slice('This line is not a log entry: '.length, -1)
}
