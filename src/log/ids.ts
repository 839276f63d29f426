import { RamureError } from './error.ts'
import { ADJECTIVES, ANIMALS } from './words.ts'

/** Bytes that `runIdFrom` consumes. */
export const RUN_ID_BYTES = 7

// Crockford's base 32, lower case: no i, l, o, u to confuse with 1, 0, v.
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const RUN_ID = /^[a-z]{2,16}-[a-z]{2,16}-[0-9a-hjkmnp-tv-z]{8}$/

/** A run id that people can say, `brisk-otter-4q7m2xk9`, from 7 random bytes. Throws RangeError when there are fewer. */
export function runIdFrom(bytes: Uint8Array): string {
  if (bytes.length < RUN_ID_BYTES) throw new RangeError(`A run id needs ${RUN_ID_BYTES} bytes, not ${bytes.length}.`)
  const byte = (index: number): number => bytes[index] ?? 0
  return `${ADJECTIVES[byte(0) % ADJECTIVES.length]}-${ANIMALS[byte(1) % ANIMALS.length]}-${base32(bytes.subarray(2, 7))}`
}

/** True for text of the shape that `runIdFrom` makes; such text is safe as a folder, a tmux target and a shell word. */
export function isRunId(text: string): boolean {
  return RUN_ID.test(text)
}

export type NameKind = 'agent' | 'process' | 'tool' | 'endpoint' | 'event' | 'step' | 'branch' | 'machine'

/** Returns the name when it is a legal one of its kind, else throws ERR_BAD_NAME with the value received. */
export function checkName(kind: NameKind, name: unknown): string {
  const rule = RULES[kind]
  if (typeof name === 'string' && rule.test(name)) return name
  throw new RamureError('ERR_BAD_NAME', `The ${kind} name ${shown(name)} is not allowed: ${rule.words}.`, { hint: rule.hint })
}

interface Rule {
  readonly words: string
  readonly hint: string
  test(name: string): boolean
}

const WORD: Rule = {
  words: 'a name is a letter, then letters, digits, "_" or "-", at most 64 characters in all',
  hint: 'Names become paths, tmux targets and log keys; pick a short word such as "builder".',
  test: (name) => /^[A-Za-z][A-Za-z0-9_-]{0,63}$/.test(name),
}

/** An event name is only data: any printable text. */
const TEXT: Rule = {
  words: 'a name is 1 to 200 printable characters',
  hint: 'Put long or multi-line content into the data, not into the name.',
  test: isPrintable,
}

/** A label becomes a segment of a scope path, so it must not contain the path's own punctuation. */
const LABEL: Rule = {
  words: 'a name is 1 to 200 printable characters without "/", "#", "(" and ")"',
  hint: 'The name becomes part of a scope path such as "/review#0/fix:auth#1"; use "-" or "." as separators.',
  test: (name) => isPrintable(name) && !/[/#()]/.test(name),
}

const RULES: { readonly [K in NameKind]: Rule } = {
  agent: WORD,
  process: WORD,
  tool: WORD,
  endpoint: WORD,
  machine: WORD,
  event: TEXT,
  step: LABEL,
  branch: LABEL,
}

function isPrintable(name: string): boolean {
  return name.length >= 1 && name.length <= 200 && name.isWellFormed() && !/[\p{Cc}\p{Cf}\u2028\u2029]/u.test(name)
}

function shown(name: unknown): string {
  if (typeof name !== 'string') return `of type ${name === null ? 'null' : typeof name}`
  const text = JSON.stringify(name.toWellFormed())
  return text.length <= 80 ? text : `${text.slice(0, 79).toWellFormed()}…"`
}

function base32(bytes: Uint8Array): string {
  let bits = 0n
  for (const byte of bytes) bits = (bits << 8n) | BigInt(byte)
  let text = ''
  for (let shift = bytes.length * 8 - 5; shift >= 0; shift -= 5) text += ALPHABET[Number((bits >> BigInt(shift)) & 31n)]
  return text
}
