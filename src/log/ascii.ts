/**
 * ASCII in the bytes of a log, looked at four at a time: the head of a line is made of fixed words and short names, and a loop
 * over its bytes takes twice as long. A look reaches some bytes further than what it is about, so behind all of it there have to be
 * as many quotes as a block of lines.ts ends with.
 */

/** The same bytes twice: for texts, and for numbers of four bytes. */
export interface Bytes {
  readonly bytes: Buffer
  readonly view: DataView
}

/** A fixed text of 6 to 12 ASCII characters as three numbers of four bytes; they may overlap. A list of them takes twice as long to compare. */
export interface Literal {
  readonly length: number
  readonly first: number
  readonly middle: number
  readonly last: number
}

export function bytesOf(bytes: Buffer): Bytes {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length) }
}

export function literal(text: string): Literal {
  const { length } = text
  return { length, first: wordOf(text, 0), middle: wordOf(text, (length - 4) >> 1), last: wordOf(text, length - 4) }
}

/** Whether `literal` stands at `at`. */
export function isAt(view: DataView, at: number, { length, first, middle, last }: Literal): boolean {
  return (
    view.getInt32(at, true) === first &&
    view.getInt32(at + ((length - 4) >> 1), true) === middle &&
    view.getInt32(at + length - 4, true) === last
  )
}

/** Where the quote stands that ends the text from `from` on, or -1 when something else comes first: an escape, a control character, not ASCII. */
export function plainEnd(view: DataView, from: number): number {
  for (let at = from; ; at += 4) {
    const word = view.getInt32(at, true)
    const quotes = quotesIn(word)
    const others = (zeros(word ^ BACKSLASHES) | ((word - SPACES) & ~word) | word) & HIGH_BITS
    if ((quotes | others) === 0) continue
    const isPlain = quotes !== 0 && (others & ((quotes & -quotes) - 1)) === 0
    return isPlain ? at + firstByte(quotes) : -1
  }
}

/** The high bit of each of four bytes that is a quote; above the first one there may be others. */
export function quotesIn(word: number): number {
  return zeros(word ^ QUOTES)
}

/** Where the first quote or backslash from `from` on stands, or `end` when it is not before that. */
export function textStop(view: DataView, from: number, end: number): number {
  for (let at = from; at < end; at += 4) {
    const word = view.getInt32(at, true)
    const stops = quotesIn(word) | zeros(word ^ BACKSLASHES)
    if (stops !== 0) return Math.min(end, at + firstByte(stops))
  }
  return end
}

/** The first `count` of four bytes, for counts below 4. */
export function firstOf(word: number, count: number): number {
  return word & ((1 << (count * 8)) - 1)
}

const QUOTES = 0x22222222
const BACKSLASHES = 0x5c5c5c5c
const SPACES = 0x20202020
const HIGH_BITS = 0x80808080
const ONES = 0x01010101

/** The high bit of each byte that is 0. Above the first one there may be others. */
function zeros(word: number): number {
  return (word - ONES) & ~word & HIGH_BITS
}

/** Which of four bytes the lowest of some high bits belongs to. */
export function firstByte(highBits: number): number {
  return (31 - Math.clz32(highBits & -highBits)) >> 3
}

function wordOf(text: string, start: number): number {
  const byte = (index: number): number => text.charCodeAt(start + index)
  return byte(0) | (byte(1) << 8) | (byte(2) << 16) | (byte(3) << 24)
}
