/**
 * The head of a line: everything up to the text of its data. What entries of one type often share is kept in one piece, as
 * text and as UTF-16 units, so that mostly only numbers are spelled anew. Pure.
 */
import { encodeMiddle, encodeRest } from './codec.ts'
import type { Entry } from './events.ts'

/** Encodes heads of entries without unknown fields: the text of the data and a `}` are all that follow. */
export interface HeadEncoder {
  text(entry: Entry): string
  /** Writes the head as UTF-16 units from `at` on; returns where it ends, or -1 when it may need more than `room`. */
  write(entry: Entry, units: Uint16Array, at: number, room: number): number
}

/** An encoder that remembers the last entry of each type. */
export function headEncoder(): HeadEncoder {
  const middles = new Map<string, Middle>()
  return {
    text(entry) {
      const middle = middleOf(middles, entry)
      return `{"seq":${entry.seq}${BEFORE_TIME}${entry.time}${middle.text}${encodeRest(entry)},"data":`
    },
    write(entry, units, at, room) {
      const middle = middleOf(middles, entry)
      const rest = entry.source === undefined && entry.id === undefined ? '' : encodeRest(entry)
      if (entry.time.length + middle.text.length + rest.length + NUMBERS_MAX > room) return -1
      let end = writeNumber(entry.seq, units, writeText('{"seq":', units, at))
      end = writeMiddle(middle, entry.time, units, end)
      end = rest === '' ? writeNumbers(entry, units, end) : writeText(rest, units, end)
      return writeText(',"data":', units, end)
    },
  }
}

/** Writes a text as UTF-16 units; returns where it ends. */
function writeText(text: string, units: Uint16Array, at: number): number {
  const { length } = text
  for (let index = 0; index < length; index += 1) units[at + index] = text.charCodeAt(index)
  return at + length
}

const BEFORE_TIME = ',"time":"'

/** More than the names and numbers beside the middle take: three numbers of at most 24 characters. */
const NUMBERS_MAX = 128

/** Enough for all types there are. */
const MIDDLES_MAX = 256

/** What stands between the time and the numbers of a line. */
interface Middle {
  readonly by: string
  readonly scope: string
  readonly agent: string | undefined
  text: string
  /** How often it came: most scopes of handlers are seen once, and only what comes again is worth being put in one piece. */
  uses: number
  /** The units of a time and the text, and which time that is. */
  units: Uint16Array
  time: string
}

const NO_UNITS = new Uint16Array()

function middleOf(middles: Map<string, Middle>, entry: Entry): Middle {
  const { type, by, scope, agent } = entry
  const last = middles.get(type)
  if (last !== undefined && last.scope === scope && last.agent === agent && last.by === by) {
    last.uses += 1
    if (last.uses === 2) last.text = flat(last.text)
    return last
  }
  const middle: Middle = { by, scope, agent, text: encodeMiddle(entry), uses: 1, units: NO_UNITS, time: '' }
  if (middles.size >= MIDDLES_MAX) middles.clear()
  middles.set(type, middle)
  return middle
}

/** A text that was parsed is one piece of memory, not a chain of the pieces it was made of. */
function flat(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string
}

function writeMiddle(middle: Middle, time: string, units: Uint16Array, at: number): number {
  const { text } = middle
  if (middle.uses === 1) return writeText(text, units, writeText(time, units, writeText(BEFORE_TIME, units, at)))
  const length = BEFORE_TIME.length + time.length + text.length
  if (middle.units.length !== length) {
    middle.units = new Uint16Array(length)
    writeText(text, middle.units, writeText(BEFORE_TIME, middle.units, 0) + time.length)
  }
  if (middle.time !== time) {
    writeText(time, middle.units, BEFORE_TIME.length)
    middle.time = time
  }
  units.set(middle.units, at)
  return at + length
}

function writeNumbers({ aseq, cause }: Entry, units: Uint16Array, at: number): number {
  if (aseq !== undefined) at = writeNumber(aseq, units, writeText(',"aseq":', units, at))
  if (cause !== undefined) at = writeNumber(cause, units, writeText(',"cause":', units, at))
  return at
}

function writeNumber(number: number, units: Uint16Array, at: number): number {
  // Only what has 32 bits is taken apart faster by hand.
  if (number >>> 0 !== number) return writeText(String(number), units, at)
  let end = at + 1
  for (let power = 10; power <= number; power *= 10) end += 1
  for (let rest = number, index = end - 1; index >= at; index -= 1) {
    const tens = (rest / 10) >>> 0
    units[index] = ZERO + rest - tens * 10
    rest = tens
  }
  return end
}

const ZERO = 48
