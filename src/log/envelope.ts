/**
 * The envelope of a line by its bytes, where it was written in the order of the writer: over a million a second, where parsing
 * the lines reaches a fifth of that. Any other line is for the parser.
 */
import { type By, EVENT_TYPES } from './events.ts'
import { hashed, interner } from './interner.ts'

export interface EnvelopeScanner {
  /** Reads the line `bytes[start..end)`; false when it has another order, escapes in its names, or fields of the future. */
  scan(bytes: Buffer, start: number, end: number): boolean
  // What the last `scan` that said true has found.
  readonly seq: number
  readonly time: string
  /** What `Date.parse` makes of it. */
  readonly timeMs: number
  readonly type: string
  readonly by: By
  /** Where the scope stands, which few readers need as a text. */
  readonly scopeStart: number
  readonly scopeEnd: number
  readonly agent: string | undefined
  readonly aseq: number | undefined
  readonly cause: number | undefined
  readonly source: string | undefined
  readonly id: string | undefined
  /** Where the JSON of `data` starts; it ends one byte before the line. */
  readonly dataStart: number
}

/** A scanner for the lines of one reader. */
export function envelopeScanner(): EnvelopeScanner {
  return new Scanner()
}

const OPENING = ascii('{"seq":')
const TIME = ascii(',"time":"')
const TYPE = ascii('","type":"')
const BY = ascii(',"by":"')
const SCOPE = ascii(',"scope":"')
const AGENT = ascii(',"agent":"')
const ASEQ = ascii(',"aseq":')
const CAUSE = ascii(',"cause":')
const SOURCE = ascii(',"source":"')
const ID = ascii(',"id":"')
const DATA = ascii(',"data":')
const BY_WORDS: readonly (readonly [By, Uint8Array])[] = [
  ['world', ascii('world"')],
  ['program', ascii('program"')],
  ['runtime', ascii('runtime"')],
]
const SECOND_CHARS = '2026-11-21T09:41:07.'.length
const TIME_CHARS = SECOND_CHARS + '123Z'.length
const [QUOTE, BACKSLASH, CLOSING, ZERO, LETTER_Z] = [0x22, 0x5c, 0x7d, 0x30, 0x5a]
/** The ends of times, by their milliseconds. */
const MILLISECONDS = Array.from({ length: 1000 }, (_, ms) => `${String(ms).padStart(3, '0')}Z`)

class Scanner implements EnvelopeScanner {
  seq = 0
  time = ''
  timeMs = 0
  type = ''
  by: By = 'world'
  scopeStart = 0
  scopeEnd = 0
  agent: string | undefined = undefined
  aseq: number | undefined = undefined
  cause: number | undefined = undefined
  source: string | undefined = undefined
  id: string | undefined = undefined
  dataStart = 0

  readonly #names = interner(EVENT_TYPES)
  #bytes: Buffer = Buffer.alloc(0)
  #at = 0
  #end = 0
  #failed = false
  readonly #secondBytes = new Uint8Array(SECOND_CHARS)
  #second = ''
  #secondMs = 0

  scan(bytes: Buffer, start: number, end: number): boolean {
    this.#bytes = bytes
    this.#at = start
    this.#end = end
    this.#failed = false
    if (bytes[end - 1] !== CLOSING || !this.#skip(OPENING)) return false
    this.seq = this.#number()
    if (!this.#skip(TIME) || !this.#takeTime() || !this.#skip(TYPE)) return false
    this.type = this.#name()
    if (this.type === '' || !this.#skip(BY) || !this.#takeBy() || !this.#skip(SCOPE)) return false
    this.scopeStart = this.#at
    this.scopeEnd = this.#textEnd()
    this.agent = this.#skip(AGENT) ? this.#name() : undefined
    this.aseq = this.#skip(ASEQ) ? this.#number() : undefined
    this.cause = this.#skip(CAUSE) ? this.#number() : undefined
    this.source = this.#skip(SOURCE) ? this.#name() : undefined
    this.id = this.#skip(ID) ? this.#name() : undefined
    if (this.#failed || !this.#skip(DATA)) return false
    this.dataStart = this.#at
    return this.#at < end - 1
  }

  #skip(expected: Uint8Array): boolean {
    const bytes = this.#bytes
    const from = this.#at
    if (from + expected.length >= this.#end) return false
    for (let index = 0; index < expected.length; index += 1) if (bytes[from + index] !== expected[index]) return false
    this.#at = from + expected.length
    return true
  }

  /** A whole number above 0, as JSON writes it. */
  #number(): number {
    const bytes = this.#bytes
    const from = this.#at
    let value = 0
    let at = from
    for (; at < this.#end; at += 1) {
      const digit = (bytes[at] as number) - ZERO
      if (digit < 0 || digit > 9) break
      value = value * 10 + digit
    }
    this.#at = at
    if (at === from || at - from > 15 || bytes[from] === ZERO) this.#failed = true
    return value
  }

  /** What stands before the next quote, when it is ASCII without escapes; empty when it is not. */
  #name(): string {
    const bytes = this.#bytes
    const start = this.#at
    let hash = 0
    for (let at = start; at < this.#end; at += 1) {
      const byte = bytes[at] as number
      if (byte === QUOTE) {
        this.#at = at + 1
        return this.#names.textOf(bytes, start, at, hash)
      }
      if (byte === BACKSLASH || byte < 0x20 || byte > 0x7e) break
      hash = hashed(hash, byte)
    }
    this.#failed = true
    return ''
  }

  /** Goes behind the next quote, as `#name` does, and returns where it stands. */
  #textEnd(): number {
    const bytes = this.#bytes
    for (let at = this.#at; at < this.#end; at += 1) {
      const byte = bytes[at] as number
      if (byte === QUOTE) {
        this.#at = at + 1
        return at
      }
      if (byte === BACKSLASH || byte < 0x20 || byte > 0x7e) break
    }
    this.#failed = true
    return this.#at
  }

  #takeBy(): boolean {
    for (const [word, spelled] of BY_WORDS) {
      if (!this.#skip(spelled)) continue
      this.by = word
      return true
    }
    return false
  }

  /** Puts the time together from its second, which it mostly shares with the entry before, and its milliseconds. */
  #takeTime(): boolean {
    const bytes = this.#bytes
    const start = this.#at
    if (start + TIME_CHARS >= this.#end) return false
    const [hundreds, tens, ones] = [bytes[start + 20] as number, bytes[start + 21] as number, bytes[start + 22] as number]
    const ms = (hundreds - ZERO) * 100 + (tens - ZERO) * 10 + ones - ZERO
    if (bytes[start + 23] !== LETTER_Z || !isDigit(hundreds) || !isDigit(tens) || !isDigit(ones)) return false
    if (this.#isOtherSecond(start)) {
      this.#second = bytes.toString('latin1', start, start + SECOND_CHARS)
      if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.$/.test(this.#second)) {
        this.#second = ''
        return false
      }
      this.#secondMs = Date.parse(`${this.#second}000Z`)
    }
    this.time = this.#second + (MILLISECONDS[ms] as string)
    this.timeMs = this.#secondMs + ms
    this.#at = start + TIME_CHARS
    return true
  }

  #isOtherSecond(start: number): boolean {
    const bytes = this.#bytes
    const known = this.#secondBytes
    let other = this.#second === ''
    for (let index = 0; index < SECOND_CHARS; index += 1) {
      const byte = bytes[start + index] as number
      if (byte === known[index]) continue
      known[index] = byte
      other = true
    }
    return other
  }
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= ZERO + 9
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}
