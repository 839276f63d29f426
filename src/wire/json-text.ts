/** JSON from a stranger: bounded before it is built, and nothing but JSON afterwards. */
import type { Json } from '../log/events.ts'
import { toJson } from '../log/json.ts'

export type JsonRead = { readonly kind: 'value'; readonly value: Json } | { readonly kind: 'deep' } | { readonly kind: 'malformed' }

/** Reads JSON text, or its UTF-8 bytes, that nests at most `depthMax` arrays and objects. Never throws. */
export function readJson(raw: string | Uint8Array, depthMax: number): JsonRead {
  try {
    const text = typeof raw === 'string' ? raw : new TextDecoder('utf-8', { fatal: true }).decode(raw)
    if (isDeeper(text, depthMax)) return { kind: 'deep' }
    // The cast: JSON.parse makes JSON, except for what the pattern finds.
    const value = JSON.parse(text) as Json
    return { kind: 'value', value: MAY_NOT_BE_JSON.test(text) ? toJson(value) : value }
  } catch {
    return { kind: 'malformed' }
  }
}

/** What JSON text can say and would be written otherwise: numbers beyond a double, minus zero, half a surrogate pair. */
const MAY_NOT_BE_JSON = /\d[eE]|\d{300}|-0(?:\.0*)?(?![.\d])|\\u[dD][89a-fA-F]/

const [QUOTE, BACKSLASH, OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = [34, 92, 123, 125, 91, 93]

/** Counted without building anything: a frame of brackets alone would cost hundreds of megabytes. */
function isDeeper(text: string, depthMax: number): boolean {
  let depth = 0
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code === QUOTE) {
      index = endOfString(text, index)
    } else if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
      depth += 1
      if (depth > depthMax) return true
    } else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) {
      depth -= 1
    }
  }
  return false
}

/** Index of the quote that ends the string opened at `start`, or the end of the text. */
function endOfString(text: string, start: number): number {
  let index = start + 1
  while (index < text.length) {
    const code = text.charCodeAt(index)
    if (code === QUOTE) return index
    index += code === BACKSLASH ? 2 : 1
  }
  return index
}
