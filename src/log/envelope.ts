/**
 * The envelope of a line by its bytes, where it was written in the order of the writer: some millions a second, where parsing
 * the lines reaches a tenth of that. Any other line is for the parser.
 */
import { type Bytes, isAt, literal, plainEnd } from './ascii.ts'
import { Scanned } from './entry-field.ts'
import { type By, EVENT_TYPES } from './events.ts'
import { Interner } from './interner.ts'

const OPENING = literal('{"seq":')
const TIME = literal(',"time":"')
const TYPE = literal('","type":"')
const BY = literal('","by":"')
const WORLD = literal('world"')
const PROGRAM = literal('program"')
const RUNTIME = literal('runtime"')
const SCOPE = literal(',"scope":"')
const AGENT = literal('","agent":"')
const ASEQ = literal(',"aseq":')
const CAUSE = literal(',"cause":')
const SOURCE = literal(',"source":"')
const ID = literal(',"id":"')
const DATA = literal(',"data":')
const SECOND_CHARS = '2026-11-21T09:41:07.'.length
const TIME_CHARS = SECOND_CHARS + '123Z'.length
const [NEWLINE, CLOSING, ZERO, LETTER_Z] = [0x0a, 0x7d, 0x30, 0x5a]
/** The ends of times, by their milliseconds. */
const MILLISECONDS = Array.from({ length: 1000 }, (_, ms) => `${String(ms).padStart(3, '0')}Z`)

/** Reads one line after the other, of one reader. Its fields are what the last `scan` that said true has found. */
export abstract class EnvelopeScanner extends Scanned {
  seq = 0
  timeMs = 0
  type = ''
  by: By = 'world'
  agent: string | undefined = undefined
  aseq: number | undefined = undefined
  cause: number | undefined = undefined
  source: string | undefined = undefined
  id: string | undefined = undefined
  /** Where the scope stands, which few readers need as a text. */
  protected scopeStart = 0
  protected scopeEnd = 0
  /** Where the JSON of `data` starts; it ends one byte before the line. */
  protected dataStart = 0

  readonly #names = new Interner(EVENT_TYPES)
  #time: string | null = null
  #ms = 0
  #second = ''
  #secondMs = 0
  readonly #secondWords = new Int32Array(SECOND_CHARS / 4)
  /** Where the last number ended. */
  #stop = 0

  get time(): string {
    return (this.#time ??= this.#second + (MILLISECONDS[this.#ms] as string))
  }

  /** Reads the line `start .. end`, which a newline ends; false when it has another order, escapes in its names, or fields of the future. */
  scan(source: Bytes, start: number, end: number): boolean {
    const { bytes, view } = source
    if (bytes[end] !== NEWLINE || bytes[end - 1] !== CLOSING || !isAt(view, start, OPENING)) return false
    this.seq = this.#number(bytes, start + OPENING.length)
    const timeStart = this.#stop + TIME.length
    if (this.seq === 0 || !isAt(view, this.#stop, TIME) || !this.#takeTime(source, timeStart)) return false
    const typeStart = timeStart + TIME_CHARS + TYPE.length
    const type = isAt(view, typeStart - TYPE.length, TYPE) ? this.#names.take(source, typeStart) : null
    if (type === null || type === '') return false
    this.type = type
    const last = this.#takeStream(source, this.#takeScope(view, this.#names.end))
    if (last === -1) return false
    const rest = isAt(view, last, DATA) ? this.#takeNothing(last) : this.#takeRest(source, last)
    this.dataStart = rest + DATA.length
    return rest !== -1 && this.dataStart < end - 1
  }

  /** From the quote that ends the type to the one that ends the scope; -1 when something else stands there. */
  #takeScope(view: DataView, typeEnd: number): number {
    if (!isAt(view, typeEnd, BY)) return -1
    const who = typeEnd + BY.length
    this.by = isAt(view, who, WORLD) ? 'world' : isAt(view, who, PROGRAM) ? 'program' : 'runtime'
    // The two longer words are of one length.
    const whoEnd = who + (this.by === 'world' ? WORLD.length : RUNTIME.length)
    if ((this.by === 'runtime' && !isAt(view, who, RUNTIME)) || !isAt(view, whoEnd, SCOPE)) return -1
    const start = whoEnd + SCOPE.length
    this.scopeStart = start
    this.scopeEnd = plainEnd(view, start)
    return this.scopeEnd
  }

  /** From there behind the agent and its number, which may be missing; -1 when they are not plain. */
  #takeStream(source: Bytes, scopeEnd: number): number {
    const { bytes, view } = source
    if (scopeEnd === -1) return -1
    this.agent = undefined
    this.aseq = undefined
    let at = scopeEnd + 1
    if (isAt(view, scopeEnd, AGENT)) {
      const agent = this.#names.take(source, scopeEnd + AGENT.length)
      if (agent === null) return -1
      this.agent = agent
      at = this.#names.end + 1
    }
    if (!isAt(view, at, ASEQ)) return at
    this.aseq = this.#number(bytes, at + ASEQ.length)
    return this.aseq === 0 ? -1 : this.#stop
  }

  #takeNothing(at: number): number {
    this.cause = undefined
    this.source = undefined
    this.id = undefined
    return at
  }

  /** The fields that most lines do not have; returns where `data` follows, or -1. */
  #takeRest(source: Bytes, start: number): number {
    const { bytes, view } = source
    let at = this.#takeNothing(start)
    if (isAt(view, at, CAUSE)) {
      this.cause = this.#number(bytes, at + CAUSE.length)
      if (this.cause === 0) return -1
      at = this.#stop
    }
    if (isAt(view, at, SOURCE)) {
      const text = this.#names.take(source, at + SOURCE.length)
      if (text === null) return -1
      this.source = text
      at = this.#names.end + 1
    }
    if (isAt(view, at, ID)) {
      const text = this.#names.take(source, at + ID.length)
      if (text === null) return -1
      this.id = text
      at = this.#names.end + 1
    }
    return isAt(view, at, DATA) ? at : -1
  }

  /** A whole number above 0, as JSON writes it; 0 when there is none. */
  #number(bytes: Buffer, start: number): number {
    let value = 0
    let at = start
    for (let next = digit(bytes, at); next <= 9; next = digit(bytes, at)) {
      value = value * 10 + next
      at += 1
    }
    this.#stop = at
    return at - start > 15 || bytes[start] === ZERO ? 0 : value
  }

  /** A time is its second, which it mostly shares with the entry before, and its milliseconds. */
  #takeTime({ bytes, view }: Bytes, start: number): boolean {
    const end = start + TIME_CHARS
    const hundreds = digit(bytes, end - 4)
    const tens = digit(bytes, end - 3)
    const ones = digit(bytes, end - 2)
    if (bytes[end - 1] !== LETTER_Z || hundreds > 9 || tens > 9 || ones > 9) return false
    if (this.#isOtherSecond(view, start) && !this.#takeSecond(bytes, start)) return false
    this.#ms = hundreds * 100 + tens * 10 + ones
    this.timeMs = this.#secondMs + this.#ms
    this.#time = null
    return true
  }

  #isOtherSecond(view: DataView, start: number): boolean {
    const words = this.#secondWords
    let other = this.#second === ''
    for (let index = 0; index < words.length; index += 1) {
      const word = view.getInt32(start + index * 4, true)
      if (word === words[index]) continue
      words[index] = word
      other = true
    }
    return other
  }

  #takeSecond(bytes: Buffer, start: number): boolean {
    const second = bytes.toString('latin1', start, start + SECOND_CHARS)
    const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.$/.test(second)
    this.#second = isTime ? second : ''
    this.#secondMs = isTime ? Date.parse(`${second}000Z`) : 0
    return isTime
  }
}

/** Above 9, when it is none. */
function digit(bytes: Buffer, at: number): number {
  return ((bytes[at] as number) - ZERO) >>> 0
}
