/** Texts from bytes that mostly came before: names and types of a log. A text that is known is not decoded again. */
import { type Bytes, firstByte, firstOf, plainEnd, quotesIn } from './ascii.ts'

/** Remembers up to `SLOTS` texts of up to 64 bytes; one that falls on another's place takes it. Equal bytes mostly give the very same string. */
export class Interner {
  /** Where the quote stands that ended the last text. */
  end = 0
  readonly #texts: string[] = new Array<string>(SLOTS).fill('')
  readonly #words = new Int32Array(SLOTS * WORDS_MAX)
  /** The very strings of the program: comparing with those is comparing two addresses. */
  readonly #known: ReadonlyMap<string, string>

  constructor(known: readonly string[] = []) {
    this.#known = new Map(known.map((text) => [text, text]))
  }

  /** The text from `start` to the next quote, or null when it is not ASCII without escapes. Somewhere behind it there is a quote. */
  take(source: Bytes, start: number): string | null {
    const { view } = source
    let hash = 0
    let at = start
    let word = view.getInt32(at, true)
    for (; quotesIn(word) === 0; word = view.getInt32(at, true)) {
      hash = mixed(hash, word)
      at += 4
    }
    const restBytes = firstByte(quotesIn(word))
    const rest = firstOf(word, restBytes)
    this.end = at + restBytes
    const slot = mixed(hash, rest) >>> (32 - SLOT_BITS)
    const text = this.#texts[slot] as string
    const isKnown = text.length === this.end - start && this.#holds(slot, view, start, at, rest)
    return isKnown ? text : this.#learn(slot, source, start)
  }

  /** Whole words up to `at`, and what follows. */
  #holds(slot: number, view: DataView, start: number, at: number, rest: number): boolean {
    const words = this.#words
    let index = slot * WORDS_MAX
    for (let from = start; from < at; from += 4, index += 1) if (view.getInt32(from, true) !== words[index]) return false
    return rest === 0 || rest === words[index]
  }

  #learn(slot: number, { bytes, view }: Bytes, start: number): string | null {
    const end = this.end
    if (plainEnd(view, start) !== end) return null
    const decoded = bytes.toString('latin1', start, end)
    if (end - start > WORDS_MAX * 4) return decoded
    let index = slot * WORDS_MAX
    for (let at = start; at < end; at += 4, index += 1) {
      this.#words[index] = end - at >= 4 ? view.getInt32(at, true) : firstOf(view.getInt32(at, true), end - at)
    }
    return (this.#texts[slot] = this.#known.get(decoded) ?? decoded)
  }
}

const SLOT_BITS = 12
const SLOTS = 1 << SLOT_BITS
/** As long as a name of an agent or a tool can be. */
const WORDS_MAX = 16

/** A hash and four bytes more; its upper bits depend on every byte. */
function mixed(hash: number, word: number): number {
  return Math.imul(hash ^ word, GOLDEN)
}

/** An odd number with its bits spread evenly: 2^32 over the golden ratio. */
const GOLDEN = 0x9e3779b1
