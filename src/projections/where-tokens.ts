/** The words of a condition: fields, values and signs, each with its place. */

/** Where a condition stops making sense, counted in UTF-16 units from 0, and why. */
export interface WhereError {
  readonly at: number
  readonly message: string
}

export type Token =
  | { readonly kind: 'path'; readonly at: number; readonly text: string; readonly path: readonly string[] }
  | { readonly kind: 'value'; readonly at: number; readonly text: string; readonly value: string | number | boolean | null }
  | { readonly kind: 'sign'; readonly at: number; readonly text: string }
  | { readonly kind: 'end'; readonly at: number; readonly text: '' }

/** Longer conditions are no conditions any more. */
const CHARS_MAX = 10_000

/** Every word of `text` and the end, or what is none. */
export function tokens(text: string): { readonly tokens: readonly Token[] } | WhereError {
  if (text.length > CHARS_MAX) return { at: CHARS_MAX, message: `A condition has at most ${CHARS_MAX} characters` }
  const found: Token[] = []
  for (let at = skipBlanks(text, 0); at < text.length; ) {
    const read = tokenAt(text, at)
    if ('message' in read) return read
    found.push(read.token)
    at = skipBlanks(text, read.end)
  }
  return { tokens: [...found, { kind: 'end', at: text.length, text: '' }] }
}

type Read = { readonly token: Token; readonly end: number } | WhereError

function tokenAt(text: string, at: number): Read {
  const char = text[at] ?? ''
  if (char === '"' || char === "'") return quotedAt(text, at)
  if (/[\d-]/.test(char)) return numberAt(text, at)
  if (/[A-Za-z_$.]/.test(char)) return pathAt(text, at)
  const sign = match(SIGN, text, at)
  if (sign !== null) return { token: { kind: 'sign', at, text: sign }, end: at + sign.length }
  if (char === '=') return { at, message: 'Equality is written ==' }
  if (char === '&' || char === '|') return { at, message: `Both is written &&, either is written ||, not ${char}` }
  return { at, message: `Nothing begins with ${JSON.stringify(String.fromCodePoint(text.codePointAt(at) ?? 0))}` }
}

const SIGN = /==|!=|!~|<=|>=|&&|\|\||[<>~!()]/y
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const UNIT = /(?:ms|s|m|h|d)\b/y
const NAME = /[A-Za-z_$][\w$-]*/y
const INDEX = /\[(\d+)\]/y

const UNIT_MS: { readonly [unit: string]: number } = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const WORDS: { readonly [word: string]: boolean | null } = { true: true, false: false, null: null }

/** `5s`, `2m` and the like are milliseconds, as the log counts them. */
function numberAt(text: string, at: number): Read {
  const digits = match(NUMBER, text, at)
  if (digits === null) return { at, message: 'A number has digits after the -' }
  const unit = match(UNIT, text, at + digits.length) ?? ''
  const end = at + digits.length + unit.length
  if (/\w/.test(text[end] ?? '')) return { at: end, message: `A number ends before ${text[end]}; units are ms, s, m, h and d` }
  return { token: { kind: 'value', at, text: text.slice(at, end), value: Number(digits) * (UNIT_MS[unit] ?? 1) }, end }
}

/** Everything up to the same mark; a backslash lets the next character stand for itself. */
function quotedAt(text: string, at: number): Read {
  const mark = text[at]
  let value = ''
  for (let next = at + 1; next < text.length; next += 1) {
    if (text[next] === mark) return { token: { kind: 'value', at, text: text.slice(at, next + 1), value }, end: next + 1 }
    if (text[next] === '\\' && next + 1 < text.length) next += 1
    value += text[next]
  }
  return { at, message: `The text that begins here has no closing ${mark}` }
}

/** `data.params.code`, `.data.list[0]`, `data["odd name"]`. */
function pathAt(text: string, start: number): Read {
  const path: string[] = []
  let at = text[start] === '.' ? start + 1 : start
  for (;;) {
    const name = match(NAME, text, at)
    if (name === null) return { at, message: `A name belongs after the .` }
    path.push(name)
    at += name.length
    const inside = bracketsAt(text, at)
    if ('message' in inside) return inside
    path.push(...inside.keys)
    at = inside.end
    if (text[at] !== '.') return { token: pathToken(text.slice(start, at), start, path), end: at }
    at += 1
  }
}

function pathToken(text: string, at: number, path: readonly string[]): Token {
  const word = path.length === 1 && text === path[0] ? WORDS[text] : undefined
  return word === undefined ? { kind: 'path', at, text, path } : { kind: 'value', at, text, value: word }
}

function bracketsAt(text: string, start: number): { readonly keys: readonly string[]; readonly end: number } | WhereError {
  const keys: string[] = []
  let at = start
  while (text[at] === '[') {
    const index = match(INDEX, text, at)
    if (index !== null) {
      keys.push(index.slice(1, -1))
      at += index.length
      continue
    }
    if (text[at + 1] !== '"' && text[at + 1] !== "'") return { at: at + 1, message: 'A number or a "name" belongs between [ and ]' }
    const name = quotedAt(text, at + 1)
    if ('message' in name) return name
    if (text[name.end] !== ']') return { at: name.end, message: 'A ] belongs here' }
    keys.push(String((name.token as Extract<Token, { kind: 'value' }>).value))
    at = name.end + 1
  }
  return { keys, end: at }
}

function match(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0] ?? null
}

function skipBlanks(text: string, from: number): number {
  let at = from
  while (at < text.length && /\s/.test(text[at] ?? '')) at += 1
  return at
}
