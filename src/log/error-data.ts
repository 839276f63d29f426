import { RamureError } from './error.ts'
import type { ErrorData } from './events.ts'

const CAUSES_MAX = 8

/** Any thrown value as data: the class name and the message are never empty, at most 8 causes are kept. Never throws. */
export function errorData(error: unknown): ErrorData {
  return describe(error, CAUSES_MAX)
}

/** The error that data stands for, with its name, message, code and cause; of a built-in class when the name is one. */
export function reviveError(data: ErrorData): Error {
  const cause = data.cause === undefined ? undefined : reviveError(data.cause)
  if (data.name === 'RamureError') return new RamureError(data.code ?? 'ERR_UNKNOWN', data.message, cause === undefined ? {} : { cause })
  const Class = BUILT_IN.get(data.name) ?? Error
  const error = new Class(data.message, cause === undefined ? undefined : { cause })
  const hidden = { configurable: true, writable: true, enumerable: false }
  if (error.name !== data.name) Object.defineProperty(error, 'name', { ...hidden, value: data.name })
  if (data.code !== undefined) Object.defineProperty(error, 'code', { ...hidden, value: data.code, enumerable: true })
  return error
}

const BUILT_IN = new Map([TypeError, RangeError, SyntaxError, ReferenceError, URIError, EvalError].map((Class) => [Class.name, Class]))

function describe(error: unknown, causesLeft: number): ErrorData {
  const name = className(error)
  const code = textField(error, 'code')
  const cause = field(error, 'cause')
  return {
    name,
    message: messageOf(error) || name,
    ...(code === '' ? {} : { code }),
    ...(cause === undefined || cause === null || causesLeft === 0 ? {} : { cause: describe(cause, causesLeft - 1) }),
  }
}

/** `name` when somebody set it, else the name of the class: `class Late extends Error {}` leaves `name` at "Error". */
function className(error: unknown): string {
  const name = textField(error, 'name')
  if (name !== '' && name !== 'Error') return name
  const constructor = typeof error === 'object' ? field(error, 'constructor') : undefined
  const className = textField(constructor, 'name')
  return className === '' || className === 'Object' ? 'Error' : className
}

function messageOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return text(error)
  const message = textField(error, 'message')
  if (message !== '') return message
  // An AggregateError of Node's own often has no message: that of its first member says what happened.
  const members = field(error, 'errors')
  return Array.isArray(members) && members.length > 0 ? textField(members[0], 'message') : ''
}

function textField(value: unknown, key: string): string {
  const found = field(value, key)
  return typeof found === 'string' || typeof found === 'number' ? text(found) : ''
}

function field(value: unknown, key: string): unknown {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined
  try {
    return (value as Readonly<Record<string, unknown>>)[key]
  } catch {
    return undefined
  }
}

function text(value: unknown): string {
  try {
    return String(value).toWellFormed()
  } catch {
    return ''
  }
}
