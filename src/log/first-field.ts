/**
 * One field of a JSON object by its bytes, without reading the others: what stands before it is stepped over while it is plain.
 * A key stands once, as whoever writes JSON from an object writes it.
 */

/** The object has to be read as a whole: something is nested or escaped before the field is found, or this is no object. */
export const UNKNOWN: unique symbol = Symbol('unknown')

/** The value of `key`, of ASCII letters and `_`, in the object at `bytes[start..end)`: a text, a whole number, undefined when it has none, or UNKNOWN. */
export function firstField(bytes: Buffer, start: number, end: number, key: string): string | number | undefined | typeof UNKNOWN {
  if (bytes[start] !== OPENING) return UNKNOWN
  if (bytes[start + 1] === CLOSING && start + 1 < end) return undefined
  for (let at = start + 1; at < end; ) {
    const keyEnd = plainEnd(bytes, at, end)
    if (keyEnd === -1 || bytes[keyEnd + 1] !== COLON) return UNKNOWN
    const value = keyEnd + 2
    if (isSpelled(key, bytes, at + 1, keyEnd)) return valueAt(bytes, value, end)
    const next = bytes[value] === QUOTE ? textEnd(bytes, value, end) + 1 : scalarEnd(bytes, value, end)
    if (next <= value || next >= end) return UNKNOWN
    if (bytes[next] === CLOSING) return undefined
    if (bytes[next] !== COMMA) return UNKNOWN
    at = next + 1
  }
  return UNKNOWN
}

const [QUOTE, BACKSLASH, OPENING, CLOSING, COLON, COMMA, ZERO] = [0x22, 0x5c, 0x7b, 0x7d, 0x3a, 0x2c, 0x30]

function valueAt(bytes: Buffer, at: number, end: number): string | number | typeof UNKNOWN {
  if (bytes[at] !== QUOTE) return wholeNumber(bytes, at, end)
  const close = plainEnd(bytes, at, end)
  return close === -1 ? UNKNOWN : bytes.toString('latin1', at + 1, close)
}

/** The closing quote of the ASCII text without escapes whose opening one is at `from`, or -1. */
function plainEnd(bytes: Buffer, from: number, end: number): number {
  if (bytes[from] !== QUOTE) return -1
  for (let at = from + 1; at < end; at += 1) {
    const byte = bytes[at] as number
    if (byte === QUOTE) return at
    if (byte === BACKSLASH || byte < 0x20 || byte > 0x7e) return -1
  }
  return -1
}

/** The closing quote of any text, or `end`. */
function textEnd(bytes: Buffer, from: number, end: number): number {
  for (let at = from + 1; at < end; at += 1) {
    const byte = bytes[at]
    if (byte === QUOTE) return at
    if (byte === BACKSLASH) at += 1
  }
  return end
}

/** Behind a number, `true`, `false` or `null`; `from` itself when there is something else. */
function scalarEnd(bytes: Buffer, from: number, end: number): number {
  for (let at = from; at < end; at += 1) {
    const byte = bytes[at] as number
    if (byte === COMMA || byte === CLOSING) return at
    const isPart = (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x7a) || byte === 0x2d || byte === 0x2e || byte === 0x2b
    if (!isPart && byte !== 0x45) return from
  }
  return from
}

/** Small ones without sign, point or exponent. */
function wholeNumber(bytes: Buffer, from: number, end: number): number | typeof UNKNOWN {
  let value = 0
  let at = from
  for (; at < end; at += 1) {
    const digit = (bytes[at] as number) - ZERO
    if (digit < 0 || digit > 9) break
    value = value * 10 + digit
  }
  const isWhole = at > from && at - from <= 15 && (bytes[from] !== ZERO || at - from === 1)
  return isWhole && at < end && (bytes[at] === COMMA || bytes[at] === CLOSING) ? value : UNKNOWN
}

function isSpelled(text: string, bytes: Buffer, start: number, end: number): boolean {
  if (text.length !== end - start) return false
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) !== bytes[start + at]) return false
  return true
}
