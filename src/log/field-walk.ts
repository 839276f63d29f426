/**
 * Fields of a JSON object by its bytes, without reading the others. A walk goes on where the last look ended: whoever asks in
 * the order in which the fields stand passes each of them once. A key stands once, as whoever writes JSON from an object
 * writes it.
 */
import { type Bytes, bytesOf, plainEnd, textStop } from './ascii.ts'
import type { Json } from './events.ts'
import { Interner } from './interner.ts'

/** The object has to be read as a whole: a name or the value is escaped, something is misspelled, or this is no object. */
export const UNKNOWN: unique symbol = Symbol('unknown')
type Found = Json | undefined | typeof UNKNOWN

/** Walks through one object after the other. */
export class FieldWalk {
  readonly #texts = new Interner()
  #source: Bytes = bytesOf(Buffer.alloc(0))
  #isWhole = true
  /** Where the first key stands, the next one to be looked at, and the end: that itself when there is no other key. */
  #first = 0
  #at = 0
  #end = 0
  #stop = 0
  #inner: FieldWalk | null = null

  /** Goes to the object at `start`. It ends at `end`, or before it when it is not the whole. Somewhere behind it stands a quote. */
  open(source: Bytes, start: number, end: number, isWhole = true): void {
    this.#source = source
    this.#isWhole = isWhole
    this.#end = end
    this.#first = start + 1
    if (source.bytes[start] !== OPENING) this.#first = -1
    else if (source.bytes[start + 1] === CLOSING) this.#first = start + 2 === end || !isWhole ? end : -1
    this.#at = this.#first
  }

  /** The value of `key`, of ASCII letters and `_`; undefined when the object has none. */
  find(key: string): Found {
    const value = this.#locate(key)
    return value > 0 ? this.#take(value) : value === ABSENT ? undefined : UNKNOWN
  }

  /** As `find` for a key of the object that is the value of `key`; undefined also when that is no object. */
  findInside(key: string, inner: string): Found {
    const value = this.#locate(key)
    if (value === ABSENT) return undefined
    if (value === NOWHERE) return UNKNOWN
    if (this.#source.bytes[value] !== OPENING) return undefined
    this.#inner ??= new FieldWalk()
    this.#inner.open(this.#source, value, this.#end, false)
    return this.#inner.find(inner)
  }

  /** Where the value of a key stands: the walk stays at its key. */
  #locate(key: string): number {
    const from = this.#at
    if (from < 0) return NOWHERE
    const later = this.#look(key, this.#end)
    if (later !== ABSENT || from === this.#first) return later
    this.#at = this.#first
    return this.#look(key, from)
  }

  /** Looks at the keys before `to`. */
  #look(key: string, to: number): number {
    const { bytes, view } = this.#source
    while (this.#at < to) {
      const start = this.#at + 1
      if (bytes[this.#at] !== QUOTE) return NOWHERE
      const isWanted = isSpelled(key, bytes, start)
      const keyEnd = isWanted ? start + key.length : plainEnd(view, start)
      if (keyEnd === -1 || bytes[keyEnd + 1] !== COLON) return NOWHERE
      if (isWanted) return keyEnd + 2
      if (!this.#goBehind(this.#valueEnd(keyEnd + 2))) return NOWHERE
    }
    return ABSENT
  }

  /** Goes from the end of a value to the next key. */
  #goBehind(valueEnd: number): boolean {
    const mark = valueEnd === -1 ? 0 : this.#source.bytes[valueEnd]
    if (mark === COMMA && valueEnd + 2 < this.#end) this.#at = valueEnd + 1
    else if (mark === CLOSING && (valueEnd + 1 === this.#end || (!this.#isWhole && valueEnd < this.#end))) this.#at = this.#end
    else return false
    return true
  }

  #take(value: number): Found {
    const mark = this.#source.bytes[value] as number
    let found: Found
    if (mark === QUOTE) {
      found = this.#texts.take(this.#source, value + 1) ?? UNKNOWN
      this.#stop = this.#texts.end + 1
    } else if (mark === MINUS || (mark >= ZERO && mark <= ZERO + 9)) found = this.#number(value)
    else found = this.#parsed(value)
    return found !== UNKNOWN && this.#goBehind(this.#stop) ? found : UNKNOWN
  }

  /** A number of up to 15 digits without exponent: those are exact, and so is where the point goes. Others are for the parser. */
  #number(start: number): number | typeof UNKNOWN {
    const { bytes } = this.#source
    const first = bytes[start] === MINUS ? start + 1 : start
    let value = 0
    let point = -1
    let at = first
    for (; ; at += 1) {
      const byte = bytes[at] as number
      if (byte >= ZERO && byte <= ZERO + 9) value = value * 10 + byte - ZERO
      else if (byte === POINT && point === -1) point = at
      else break
    }
    this.#stop = at
    const wholeDigits = (point === -1 ? at : point) - first
    const fractionDigits = point === -1 ? 0 : at - point - 1
    const isNumber = wholeDigits > 0 && (wholeDigits === 1 || bytes[first] !== ZERO) && point !== at - 1
    if (!isNumber || wholeDigits + fractionDigits > 15) return UNKNOWN
    const shifted = fractionDigits === 0 ? value : value / (POWERS_OF_TEN[fractionDigits] as number)
    return first === start ? shifted : -shifted
  }

  /** Texts that are kept elsewhere have to be put back first. */
  #parsed(value: number): Json | typeof UNKNOWN {
    this.#stop = this.#valueEnd(value)
    if (this.#stop === -1) return UNKNOWN
    const text = this.#source.bytes.toString('utf8', value, this.#stop)
    if (text.includes('$blob"')) return UNKNOWN
    try {
      return JSON.parse(text) as Json
    } catch {
      return UNKNOWN
    }
  }

  /** Behind the value at `at`, or -1. */
  #valueEnd(at: number): number {
    const { bytes } = this.#source
    const mark = bytes[at]
    if (mark === QUOTE) return this.#textEnd(at)
    return mark === OPENING || mark === OPENING_LIST ? this.#containerEnd(at) : scalarEnd(bytes, at, this.#end)
  }

  #textEnd(at: number): number {
    const { bytes, view } = this.#source
    let stop = textStop(view, at + 1, this.#end)
    while (stop < this.#end && bytes[stop] === BACKSLASH) stop = textStop(view, stop + 2, this.#end)
    return stop < this.#end ? stop + 1 : -1
  }

  #containerEnd(from: number): number {
    const { bytes } = this.#source
    let depth = 0
    for (let at = from; at < this.#end; at += 1) {
      const byte = bytes[at]
      if (byte === QUOTE) {
        at = this.#textEnd(at) - 1
        if (at < 0) return -1
      } else if (byte === OPENING || byte === OPENING_LIST) depth += 1
      else if (byte === CLOSING || byte === CLOSING_LIST) {
        depth -= 1
        if (depth === 0) return at + 1
      }
    }
    return -1
  }
}

const [ABSENT, NOWHERE] = [-1, -2]
const [QUOTE, BACKSLASH, OPENING, CLOSING, COLON, COMMA, ZERO] = [0x22, 0x5c, 0x7b, 0x7d, 0x3a, 0x2c, 0x30]
const [OPENING_LIST, CLOSING_LIST, MINUS, POINT] = [0x5b, 0x5d, 0x2d, 0x2e]
const POWERS_OF_TEN = Array.from({ length: 16 }, (_, exponent) => 10 ** exponent)

/** Behind a number, `true`, `false` or `null`; -1 when there is something else. */
function scalarEnd(bytes: Buffer, from: number, end: number): number {
  for (let at = from; at < end; at += 1) {
    const byte = bytes[at] as number
    if (byte === COMMA || byte === CLOSING) return at === from ? -1 : at
    const isPart = (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x7a) || byte === 0x2d || byte === 0x2e || byte === 0x2b
    if (!isPart && byte !== 0x45) return -1
  }
  return -1
}

/** Whether a text and a quote stand at `start`. */
function isSpelled(text: string, bytes: Buffer, start: number): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) !== bytes[start + at]) return false
  return bytes[start + text.length] === QUOTE
}
