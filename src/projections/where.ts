/**
 * A condition on an entry, as people write it after `--where`: fields, comparisons, `&&`, `||`, `!` and parentheses. It only
 * looks: no calls, no loops, no patterns that take longer than the text they search.
 *
 * W1 A path begins with a field of the entry (`agent`, `seq`, `data` …); what is not there equals nothing but `null`.
 * W2 `<` and its kin compare two numbers or two texts, anything else is false; `~` searches, ignoring case.
 * W3 A condition that cannot be read is refused with the place where it stops making sense.
 */
import type { Entry } from '../log/events.ts'
import { containsGlob } from './glob.ts'
import { type Token, tokens, type WhereError } from './where-tokens.ts'

export type { WhereError }

/** Whether an entry is wanted. */
export interface Where {
  (entry: Entry): boolean
  /** False when no entry with this envelope can be wanted, whatever its data. */
  mayHold(envelope: Envelope): boolean
}

/** An entry without its data. */
export type Envelope = { readonly [field in Exclude<keyof Entry, 'data'>]?: unknown }

/** The condition, or where and why it cannot be read. */
export function parseWhere(text: string): Where | WhereError {
  const read = tokens(text)
  if ('message' in read) return read
  try {
    const reader: Reader = { tokens: read.tokens, at: 0, depth: 0 }
    const condition = either(reader)
    const rest = peek(reader)
    if (rest.kind !== 'end') throw new Misread(rest.at, `Expected && or ||, not ${shown(rest)}`)
    const where = (entry: Entry): boolean => isSet(condition(entry))
    return Object.assign(where, { mayHold: (envelope: Envelope) => isPossible(condition({ ...envelope, data: UNKNOWN })) })
  } catch (error) {
    if (error instanceof Misread) return { at: error.at, message: error.message }
    throw error
  }
}

const [NUMBER, TEXT] = ['a number', 'a text']
const KINDS: { readonly [type: string]: string } = { number: NUMBER, string: TEXT, boolean: 'yes or no' }
/** Fields of an entry that a path may begin with, and what they are. */
const FIELDS: { readonly [field: string]: string | null } = {
  seq: NUMBER,
  time: TEXT,
  type: TEXT,
  by: TEXT,
  scope: TEXT,
  agent: TEXT,
  aseq: NUMBER,
  cause: NUMBER,
  source: TEXT,
  id: TEXT,
  data: null,
}
/** Deeper than anybody writes, and far from the end of the stack. */
const DEPTH_MAX = 100

/** What cannot be said without the data. */
const UNKNOWN = Symbol('unknown')

type Expression = (entry: object) => unknown

interface Reader {
  readonly tokens: readonly Token[]
  at: number
  depth: number
}

class Misread extends Error {
  readonly at: number

  constructor(at: number, message: string) {
    super(message)
    this.at = at
  }
}

function either(reader: Reader): Expression {
  let left = both(reader)
  while (takes(reader, '||')) left = or(left, both(reader))
  return left
}

function both(reader: Reader): Expression {
  let left = negated(reader)
  while (takes(reader, '&&')) left = and(left, negated(reader))
  return left
}

function negated(reader: Reader): Expression {
  const { at } = peek(reader)
  if (!takes(reader, '!')) return comparison(reader)
  const inner = nested(reader, at, negated)
  return (entry) => {
    const value = inner(entry)
    return value === UNKNOWN ? UNKNOWN : !isSet(value)
  }
}

function comparison(reader: Reader): Expression {
  const open = peek(reader)
  if (takes(reader, '(')) {
    const inner = nested(reader, open.at, either)
    const close = peek(reader)
    if (!takes(reader, ')')) throw new Misread(close.at, `Expected ) for the ( at column ${open.at + 1}, not ${shown(close)}`)
    return inner
  }
  const left = operand(reader)
  const sign = peek(reader)
  const compare = sign.kind === 'sign' ? COMPARISONS[sign.text] : undefined
  if (!compare) return left
  reader.at += 1
  const against = peek(reader)
  const right = operand(reader)
  if (!sign.text.endsWith('~')) checkKinds(open, against)
  return (entry) => {
    const [one, other] = [left(entry), right(entry)]
    return one === UNKNOWN || other === UNKNOWN ? UNKNOWN : compare(one, other)
  }
}

/** Refuses what could never be: a field of the entry that is a number beside a text, and the other way round. */
function checkKinds(left: Token, right: Token): void {
  const [one, other] = [kindOf(left), kindOf(right)]
  if (one === null || other === null || one === other) return
  throw new Misread(right.at, `${shown(left)} is ${one} and ${shown(right)} is ${other}: they never compare`)
}

/** Null when it is known only with the entry, or equals what is not there. */
function kindOf(token: Token): string | null {
  if (token.kind === 'path') return token.path.length > 1 ? null : (FIELDS[token.path[0] ?? ''] ?? null)
  if (token.kind !== 'value' || token.value === null) return null
  return KINDS[typeof token.value] ?? null
}

function nested(reader: Reader, at: number, read: (reader: Reader) => Expression): Expression {
  reader.depth += 1
  if (reader.depth > DEPTH_MAX) throw new Misread(at, `More than ${DEPTH_MAX} levels of ( and !`)
  const inner = read(reader)
  reader.depth -= 1
  return inner
}

function operand(reader: Reader): Expression {
  const token = peek(reader)
  if (token.kind === 'value') {
    reader.at += 1
    return () => token.value
  }
  if (token.kind === 'path') {
    reader.at += 1
    return field(token)
  }
  throw new Misread(token.at, `Expected a field, a number or a "text", not ${shown(token)}`)
}

function field({ at, path }: Extract<Token, { kind: 'path' }>): Expression {
  const [first = ''] = path
  if (!Object.hasOwn(FIELDS, first)) {
    throw new Misread(at, `An entry has no field "${first}": it has ${Object.keys(FIELDS).join(', ')}; what it holds is data.${first}`)
  }
  return (entry) => path.reduce<unknown>(step, entry)
}

function step(value: unknown, key: string): unknown {
  if (value === UNKNOWN) return UNKNOWN
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined
}

const COMPARISONS: { readonly [sign: string]: (left: unknown, right: unknown) => boolean } = {
  '==': equals,
  '!=': (left, right) => !equals(left, right),
  '<': (left, right) => ordered(left, right, (a, b) => a < b),
  '<=': (left, right) => ordered(left, right, (a, b) => a <= b),
  '>': (left, right) => ordered(left, right, (a, b) => a > b),
  '>=': (left, right) => ordered(left, right, (a, b) => a >= b),
  '~': contains,
  '!~': (left, right) => !contains(left, right),
}

function equals(left: unknown, right: unknown): boolean {
  return (left ?? null) === (right ?? null)
}

function ordered(left: unknown, right: unknown, compare: (a: number | string, b: number | string) => boolean): boolean {
  if (typeof left === 'number' && typeof right === 'number') return compare(left, right)
  return typeof left === 'string' && typeof right === 'string' && compare(left, right)
}

/** Lists and objects are searched as JSON. */
function contains(left: unknown, right: unknown): boolean {
  if (left === undefined || left === null || right === undefined || right === null) return false
  return containsGlob(textOf(left), textOf(right))
}

function textOf(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** A field alone asks whether it is there and says anything but no. */
function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false
}

function isPossible(value: unknown): boolean {
  return value === UNKNOWN || isSet(value)
}

function and(left: Expression, right: Expression): Expression {
  return (entry) => {
    const one = left(entry)
    if (!isPossible(one)) return false
    const other = right(entry)
    if (!isPossible(other)) return false
    return one === UNKNOWN || other === UNKNOWN ? UNKNOWN : true
  }
}

function or(left: Expression, right: Expression): Expression {
  return (entry) => {
    const one = left(entry)
    if (one !== UNKNOWN && isSet(one)) return true
    const other = right(entry)
    if (other !== UNKNOWN && isSet(other)) return true
    return one === UNKNOWN || other === UNKNOWN ? UNKNOWN : false
  }
}

function takes(reader: Reader, sign: string): boolean {
  const token = peek(reader)
  if (token.kind !== 'sign' || token.text !== sign) return false
  reader.at += 1
  return true
}

function peek({ tokens: all, at }: Reader): Token {
  // The last one is the end, and nothing reads past it.
  return all[Math.min(at, all.length - 1)] as Token
}

function shown(token: Token): string {
  return token.kind === 'end' ? 'the end' : token.text
}
