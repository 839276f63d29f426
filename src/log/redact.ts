import type { Json } from './events.ts'
import { isList, setField } from './json.ts'
import { SURROGATE_HINT, suspicion } from './suspicion.ts'

/** Masks secrets inside every string of a value, keys included; a second pass changes nothing. */
export interface Redactor {
  (data: Json): Json
  /** False when the JSON text of a value surely holds nothing to mask, and no lone surrogate: one look instead of two walks. */
  suspects(encoded: string): boolean
}

/** Masks the values of variables whose names look secret, and well-known shapes of keys, as `‹masked:NAME›`. */
export function redactor(env: Readonly<Record<string, string | undefined>>): Redactor {
  const secrets = secretsOf(env)
  const pattern = patternOf(secrets)
  const names = [...secrets, ...SHAPES].map(({ name }) => name)
  const mask = (text: string): string => maskText(text, pattern, names)
  const suspects = suspicionOf(secrets.map(({ value }) => value))
  return Object.assign((data: Json) => maskValue(data, mask), { suspects })
}

/** A redactor that can be told of more variables: machines bring theirs when the run has begun already. */
export interface LearningRedactor extends Redactor {
  /** From now on secrets of `env` are masked as well. */
  learn(env: Readonly<Record<string, string | undefined>>): void
}

/** Begins as `redactor(env)`. */
export function learningRedactor(env: Readonly<Record<string, string | undefined>>): LearningRedactor {
  const known = new Set(secretsOf(env).map(({ value }) => value))
  const redactors = [redactor(env)]
  let suspects = suspicionOf([...known])
  return Object.assign((data: Json) => redactors.reduce((masked, redact) => redact(masked), data), {
    suspects: (encoded: string) => suspects(encoded),
    learn(more: Readonly<Record<string, string | undefined>>) {
      const fresh = secretsOf(more).filter(({ value }) => !known.has(value))
      if (fresh.length === 0) return
      for (const { value } of fresh) known.add(value)
      redactors.push(redactor(Object.fromEntries(fresh.map(({ name, value }) => [name, value]))))
      suspects = suspicionOf([...known])
    },
  })
}

interface Secret {
  readonly name: string
  readonly value: string
}

interface Shape {
  readonly name: string
  /** Source of what a text must contain, as it reads inside JSON; it begins with what is rare. */
  readonly hint: string
  /** Source of the whole key; no capturing groups. */
  readonly source: string
}

const BEFORE = '(?<![A-Za-z0-9])'
/** The shortest is `sk-or-` and 16 letters. */
const SK = 'k-(?<=sk-)[\\w-]{19}'
const SHAPES: readonly Shape[] = [
  { name: 'anthropic_key', hint: SK, source: `${BEFORE}sk-ant-[\\w-]{16,}` },
  { name: 'openai_key', hint: SK, source: `${BEFORE}sk-(?:(?:proj|svcacct|admin|or|None)-[\\w-]{16,}|[A-Za-z0-9]{20,})` },
  {
    name: 'github_token',
    hint: 'gh[opsur]_|b_pat_(?<=github_pat_)',
    source: `${BEFORE}(?:gh[opsur]_[A-Za-z0-9]{20,}|github_pat_\\w{20,})`,
  },
  { name: 'aws_key', hint: 'A[KS]IA', source: `${BEFORE}A[KS]IA[A-Z0-9]{16}(?![A-Za-z0-9])` },
  { name: 'slack_token', hint: 'xox[a-z]-', source: `${BEFORE}xox[a-z]-[A-Za-z0-9-]{10,}` },
  { name: 'google_key', hint: 'AIza', source: `${BEFORE}AIza[\\w-]{30,}` },
  {
    name: 'private_key',
    hint: 'PRIVATE KEY',
    source: '-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----[^]*?(?:-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----|$)',
  },
  { name: 'bearer_token', hint: '[Bb]earer [\\w.~+/-]{20}', source: '(?<=\\b[Bb]earer )[\\w.~+/-]{20,}=*' },
]

const VALUE_LENGTH_MIN = 8
const SECRET_PART =
  /(?:^|_)(?:API_?)?(?:KEYS?|AUTH|PASS|PAT|COOKIE|BEARER|CREDS?|\w*(?:APIKEY|TOKENS?|SECRETS?|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?))(?:_|$)/i
const MYSQL_STYLE = /._PWD$/i
/** `TOKEN_TYPE`, `KEY_FILE`: about a secret, not the secret. */
const ABOUT_PART =
  /_(?:TYPE|NAME|URL|URI|FILE|PATH|DIR|SOCK|TTL|LENGTH|COUNT|LIMIT|MAX|MIN|ENABLED|TIMEOUT|VERSION|ALGORITHM|METHOD|MODE|HOST|PORT|REGION)$/i
const PLAIN_VALUE = /^(?:[\d.,:+-]+|required|disabled|optional|undefined|anonymous|development|production)$/i

/** Longest first, so that a secret that contains another one is masked whole. */
function secretsOf(env: Readonly<Record<string, string | undefined>>): readonly Secret[] {
  const secrets: Secret[] = []
  for (const [name, raw] of Object.entries(env)) {
    const value = raw?.trim() ?? ''
    if (looksSecret(name) && value.length >= VALUE_LENGTH_MIN && !PLAIN_VALUE.test(value) && !isPath(value))
      secrets.push({ name: label(name), value })
  }
  return secrets.sort((a, b) => b.value.length - a.value.length || (a.name < b.name ? -1 : 1))
}

function looksSecret(name: string): boolean {
  return (SECRET_PART.test(name) || MYSQL_STYLE.test(name)) && !ABOUT_PART.test(name)
}

function suspicionOf(values: readonly string[]): (encoded: string) => boolean {
  return suspicion(values, [...new Set(SHAPES.map(({ hint }) => hint)), JWT_HINT, SURROGATE_HINT])
}

/** A path is made of path characters and of no segment that looks like a random key. */
function isPath(value: string): boolean {
  if (!/^(?:~|\.{1,2})?\/[\w.@ /-]*$/.test(value)) return false
  return !value.split('/').some((segment) => segment.length >= 16 && /[a-z]/.test(segment) && /[A-Z]/.test(segment) && /\d/.test(segment))
}

function label(name: string): string {
  return name.replace(/[^\w.-]/g, '_').slice(0, 64)
}

/** What is masked already comes first and is stepped over; then a group per secret and per shape. */
function patternOf(secrets: readonly Secret[]): RegExp {
  const groups = [...secrets.map(({ value }) => escape(value)), ...SHAPES.map(({ source }) => source)]
  return new RegExp(['‹masked:[\\w.-]{1,64}›', ...groups.map((source) => `(${source})`)].join('|'), 'g')
}

function maskText(text: string, pattern: RegExp, names: readonly string[]): string {
  // A mask can leave a boundary behind that lets a shape begin after it: repeat until nothing changes, which settles at once.
  for (let round = 0, before = text; round < 8; round += 1, before = text) {
    const replaced = before.replace(pattern, (match, ...rest: readonly unknown[]) => {
      const found = names.findIndex((_, index) => rest[index] !== undefined)
      return found === -1 ? match : `‹masked:${names[found]}›`
    })
    text = maskJwts(replaced)
    if (text === before) break
  }
  return text
}

const JWT = 'eyJ'
const JWT_HINT = 'yJ(?<=eyJ)'
const JWT_PART_MIN = 8
const NO_PART = /[^\w-]/g

/**
 * Three parts with dots between them, the first begins with `eyJ`. By hand, looking at each part at most twice: as an
 * expression it takes minutes for a megabyte of `-eyJ-eyJ…`, and what agents send is searched while everybody waits.
 */
function maskJwts(text: string): string {
  const pieces: string[] = []
  let copied = 0
  for (let at = text.indexOf(JWT), next = 0; at !== -1; at = text.indexOf(JWT, next)) {
    // What comes later in a part that begins no JWT fails for the same reason.
    next = isInsideWord(text, at) ? at + JWT.length : partEnd(text, at)
    const end = isInsideWord(text, at) ? null : jwtEnd(text, at, next)
    if (end === null) continue
    pieces.push(text.slice(copied, at), '‹masked:jwt›')
    next = copied = end
  }
  return copied === 0 ? text : pieces.join('') + text.slice(copied)
}

/** Where the JWT ends whose first part is `text[at..dot)`, or null when it is none. */
function jwtEnd(text: string, at: number, dot: number): number | null {
  if (text[dot] !== '.' || dot - at < JWT.length + JWT_PART_MIN) return null
  const secondDot = partEnd(text, dot + 1)
  return text[secondDot] === '.' && secondDot - dot > JWT_PART_MIN ? partEnd(text, secondDot + 1) : null
}

function partEnd(text: string, from: number): number {
  NO_PART.lastIndex = from
  return NO_PART.exec(text)?.index ?? text.length
}

function isInsideWord(text: string, at: number): boolean {
  return at > 0 && /[A-Za-z0-9]/.test(text.charAt(at - 1))
}

/** Returns the value itself where nothing was masked. */
function maskValue(value: Json, mask: (text: string) => string): Json {
  if (typeof value === 'string') return mask(value)
  if (typeof value !== 'object' || value === null) return value
  if (isList(value)) {
    const list = value.map((item) => maskValue(item, mask))
    return list.some((item, index) => item !== value[index]) ? list : value
  }
  return maskFields(value, mask)
}

function maskFields(fields: { readonly [key: string]: Json }, mask: (text: string) => string): Json {
  const out: Record<string, Json> = {}
  let changed = false
  for (const [key, value] of Object.entries(fields)) {
    const masked = maskValue(value, mask)
    const name = unused(out, mask(key), key)
    changed ||= masked !== value || name !== key
    setField(out, name, masked)
  }
  return changed ? out : fields
}

/** Two keys that become the same mask must not swallow each other's value. */
function unused(taken: object, name: string, original: string): string {
  if (name === original) return name
  let candidate = name
  for (let count = 2; Object.hasOwn(taken, candidate); count += 1) candidate = `${name} ${count}`
  return candidate
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}
