/**
 * Lines on their way to a file, as UTF-8. V8 needs three times as long for the UTF-8 of a text with letters outside of Latin-1 as
 * Node's `transcode` does for that of UTF-16 units, but a call of that takes half a microsecond. So short lines that come by the
 * dozen are gathered as units and made UTF-8 together; those that come by ones and twos are encoded one by one.
 */
import { transcode } from 'node:buffer'
import { endianness } from 'node:os'
import type { Entry } from './events.ts'
import { headEncoder } from './head-encoder.ts'

export interface LineBuffer {
  /** Bytes of what was added, or fewer while they are not counted; 0 when nothing was. */
  readonly bytesMin: number
  /** Adds a line, and what ends it. */
  add(line: string): void
  /** Adds the line of an entry without unknown fields; `data` is the text of its data. */
  addEntry(entry: Entry, data: string): void
  /** The UTF-8 of what was added since the last `clear`, valid until something is added. */
  utf8(): Uint8Array
  clear(): void
}

export function lineBuffer(): LineBuffer {
  return new Lines()
}

/** A text that long is worth a `transcode` of its own. */
const LONG_LENGTH_MIN = 1024
/** Lines of a batch from which on the next one is gathered: mostly it has as many. */
const GATHERED_MIN = 3
/** Units that are gathered before they are made UTF-8: so many that a processor's cache holds them. */
const UNITS_MAX = 16 * 1024
/** Larger buffers are not kept: a huge line must not hold its memory for the rest of the run. */
const KEPT_BYTES_MAX = 4 * 1024 * 1024
/** What texts are kept in two bytes a letter for. */
const WIDE = /[\u0100-\uffff]/
/** `transcode` is missing where Node was built without ICU; units are written low byte first. */
const CAN_GATHER = typeof transcode === 'function' && endianness() === 'LE'

class Lines implements LineBuffer {
  readonly #heads = headEncoder()
  #bytes = Buffer.allocUnsafe(16 * 1024)
  #byteCount = 0
  #units = new Uint16Array()
  #unitBytes = Buffer.from(this.#units.buffer)
  #unitCount = 0
  #lineCount = 0
  #isBusy = false

  get bytesMin(): number {
    return this.#byteCount + this.#unitCount
  }

  add(line: string): void {
    this.#settle()
    this.#reserve(line.length * 3 + 1)
    this.#byteCount += this.#bytes.write(line, this.#byteCount)
    this.#bytes[this.#byteCount++] = NEWLINE
  }

  addEntry(entry: Entry, data: string): void {
    this.#lineCount += 1
    const isGathered = data.length < LONG_LENGTH_MIN ? this.#isBusy : CAN_GATHER && WIDE.test(data)
    if (isGathered && this.#gather(entry, data)) return
    this.#settle()
    const head = this.#heads.text(entry)
    // A UTF-16 unit takes at most 3 bytes of UTF-8.
    this.#reserve((head.length + data.length) * 3 + 2)
    let end = this.#byteCount
    end += this.#bytes.write(head, end)
    end += this.#bytes.write(data, end)
    this.#bytes[end] = CLOSING_BRACE
    this.#bytes[end + 1] = NEWLINE
    this.#byteCount = end + 2
  }

  utf8(): Uint8Array {
    this.#settle()
    return this.#bytes.subarray(0, this.#byteCount)
  }

  clear(): void {
    this.#byteCount = 0
    this.#unitCount = 0
    this.#isBusy = CAN_GATHER && this.#lineCount >= GATHERED_MIN
    this.#lineCount = 0
    if (this.#bytes.length > KEPT_BYTES_MAX) this.#bytes = Buffer.allocUnsafe(KEPT_BYTES_MAX / 2)
  }

  /** False when the line is too long for that. */
  #gather(entry: Entry, data: string): boolean {
    if (this.#units.length === 0) {
      this.#units = new Uint16Array(UNITS_MAX)
      this.#unitBytes = Buffer.from(this.#units.buffer)
    }
    let end = this.#writeHead(entry, data)
    if (end === -1 && this.#unitCount > 0) {
      this.#settle()
      end = this.#writeHead(entry, data)
    }
    if (end === -1) return false
    end += this.#unitBytes.write(data, 2 * end, 'utf16le') / 2
    this.#units[end] = CLOSING_BRACE
    this.#units[end + 1] = NEWLINE
    this.#unitCount = end + 2
    return true
  }

  #writeHead(entry: Entry, data: string): number {
    return this.#heads.write(entry, this.#units, this.#unitCount, UNITS_MAX - this.#unitCount - data.length - 2)
  }

  /** Makes UTF-8 of the units. */
  #settle(): void {
    if (this.#unitCount === 0) return
    const utf8 = transcode(this.#unitBytes.subarray(0, 2 * this.#unitCount), 'utf16le', 'utf8')
    this.#unitCount = 0
    this.#reserve(utf8.length)
    this.#bytes.set(utf8, this.#byteCount)
    this.#byteCount += utf8.length
  }

  #reserve(bytes: number): void {
    const needed = this.#byteCount + bytes
    if (needed <= this.#bytes.length) return
    const grown = Buffer.allocUnsafe(Math.max(needed, Math.min(KEPT_BYTES_MAX / 2, this.#bytes.length * 4)))
    this.#bytes.copy(grown, 0, 0, this.#byteCount)
    this.#bytes = grown
  }
}

const CLOSING_BRACE = 125
const NEWLINE = 10
