/** Texts from bytes that mostly came before: names and types of a log. A text that is known is not decoded again. */

/** A table of texts; equal bytes mostly give the very same string. */
export interface Interner {
  /** The text of ASCII bytes. `hash` is that of the bytes, by `hashed` from 0 on: whoever walks over them anyway has it. */
  textOf(bytes: Buffer, start: number, end: number, hash: number): string
}

/** The hash of some bytes and one more. */
export function hashed(hash: number, byte: number): number {
  return (Math.imul(hash, 31) + byte) | 0
}

/** Remembers up to `SLOTS` texts; one that falls on another's place takes it. */
export function interner(known: readonly string[] = []): Interner {
  const texts: (string | null)[] = new Array<string | null>(SLOTS).fill(null)
  // The very strings of the program: comparing with those is comparing two addresses.
  const byText = new Map(known.map((text) => [text, text]))
  return {
    textOf(bytes, start, end, hash) {
      const slot = (hash ^ (hash >>> 13)) & (SLOTS - 1)
      const text = texts[slot]
      if (typeof text === 'string' && isSpelled(text, bytes, start, end)) return text
      const decoded = bytes.toString('latin1', start, end)
      return (texts[slot] = byText.get(decoded) ?? decoded)
    },
  }
}

/** A power of two. */
const SLOTS = 4096

function isSpelled(text: string, bytes: Buffer, start: number, end: number): boolean {
  const length = end - start
  if (text.length !== length) return false
  for (let at = 0; at < length; at += 1) if (text.charCodeAt(at) !== bytes[start + at]) return false
  return true
}
