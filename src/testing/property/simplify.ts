/** Simpler values than a given one, the boldest first. Whether they are still allowed is for a validator to say. */
import type { Json, JsonObject } from '../../log/events.ts'
import { isList, isObject } from '../../log/json.ts'

/** @param schema of the value, when there is one: what it names first is simpler than what it names later. */
export function* simpler(value: Json, schema: Json | undefined = undefined): Generator<Json> {
  const known = isObject(schema) ? schema : undefined
  if (known && isList(known.enum ?? null)) {
    const choices = known.enum as readonly Json[]
    yield* choices.slice(0, Math.max(0, choices.indexOf(value)))
    return
  }
  if (typeof value === 'string') yield* simplerText(value)
  else if (typeof value === 'number') yield* simplerNumber(value)
  else if (value === true) yield false
  else if (isObject(value)) yield* simplerObject(value, known)
  else if (value !== null && isList(value)) yield* simplerList(value, known)
}

function* simplerText(text: string): Generator<string> {
  if (text === '') return
  yield ''
  const plain = 'a'.repeat(text.length)
  if (text !== plain) yield plain
  for (let length = Math.floor(text.length / 2); length > 0 && length < text.length; length = Math.ceil((length + text.length) / 2)) {
    yield text.slice(0, length)
    if (length === text.length - 1) break
  }
}

function* simplerNumber(number: number): Generator<number> {
  if (number === 0) return
  yield 0
  if (number < 0) yield -number
  if (!Number.isInteger(number)) yield Math.trunc(number)
  for (let step = number / 2; Math.abs(step) >= 1; step /= 2) yield number - Math.trunc(step)
}

function* simplerObject(object: JsonObject, schema: JsonObject | undefined): Generator<Json> {
  const keys = Object.keys(object)
  if (keys.length > 1) yield {}
  for (const key of keys) {
    const { [key]: _, ...rest } = object
    yield rest
  }
  const properties = schema?.properties as JsonObject | undefined
  for (const key of keys) for (const value of simpler(object[key] ?? null, properties?.[key])) yield { ...object, [key]: value }
}

function* simplerList(list: readonly Json[], schema: JsonObject | undefined): Generator<Json> {
  if (list.length === 0) return
  yield []
  if (list.length > 2) yield list.slice(0, Math.ceil(list.length / 2))
  for (let at = 0; at < list.length; at += 1) yield list.toSpliced(at, 1)
  for (let at = 0; at < list.length; at += 1) for (const value of simpler(list[at] ?? null, schema?.items)) yield list.with(at, value)
}
