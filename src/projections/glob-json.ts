/**
 * Looking for a pattern in JSON that was not parsed: quickly sure that it is nowhere in there, and never wrong about that. The JSON
 * is given byte by byte, one character each (latin1), as it can be had of a file without decoding it.
 *
 * J1 What is escaped, what only case makes equal, and what two values or a key and its value make together is not decided here: of a
 *    pattern only what stands the same in JSON as in a text is looked for, the longest such part.
 */
import { partsOf } from './glob.ts'

/** Whether JSON may have a text that `containsGlob` would find `pattern` in; null when that cannot be told without parsing. */
export function jsonMayContain(pattern: string): ((latin1: string) => boolean) | null {
  const pieces = partsOf(pattern.toLowerCase()).flatMap((part) => part.split(NOT_PLAIN))
  const longest = pieces.reduce((best, piece) => (piece.length > best.length ? piece : best), '')
  if (longest === '') return null
  const wanted = new RegExp(longest.replace(/[^a-z0-9_]/g, '\\$&'), 'i')
  const others = new RegExp([ESCAPED, ...LONELY.flatMap(([letter, bytes]) => (longest.includes(letter) ? [bytes] : []))].join('|'))
  return (latin1) => wanted.test(latin1) || others.test(latin1)
}

/** What may be written in another way in JSON, or comes from putting texts together: blanks, colons, quotes, slashes, what is not ASCII. */
const NOT_PLAIN = /[^a-z0-9_\-.,;!?#$%()*+=@[\]^`{|}~]+/

/** Any letter may be written as an escape. Those of control characters, which are frequent, hide none. */
const ESCAPED = '\\\\u(?!00[01])'

/** The letters of ASCII that others become in lower case: the signs for kelvin and the I with a dot, in UTF-8. */
const LONELY = [
  ['k', '\xe2\x84\xaa'],
  ['i', '\xc4\xb0'],
] as const
