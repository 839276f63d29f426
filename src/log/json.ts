import { errorData } from './error-data.ts'
import type { Json, JsonObject } from './events.ts'

/** Containers nested deeper than this become a string. */
export const JSON_DEPTH_MAX = 100

/**
 * Makes any value JSON: bytes become text, a Map an object, a Set an array, an Error its name and message; `undefined`
 * fields are dropped, cycles become `[Circular]`. Containers are always fresh, so what was recorded cannot be changed
 * afterwards through the original. Never throws: what cannot be read becomes a string that says so.
 */
export function toJson(value: unknown): Json {
  return wellFormed(copyJson(value))
}

/** Like `toJson`, but lone surrogates stay: whoever encodes the value sees them in its text, and saves looking at each string. */
export function copyJson(value: unknown): Json {
  return convert(value, [])
}

/** The value with lone surrogates replaced by U+FFFD, keys included; the value itself where there are none. */
export function wellFormed(value: Json): Json {
  return isWellFormed(value) ? value : mended(value)
}

/** JSON text with sorted keys: equal values give equal text. */
export function canonical(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (isList(value)) return `[${value.map(canonical).join(',')}]`
  return `{${Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key] ?? null)}`)
    .join(',')}}`
}

/** Narrows a container of JSON; `Array.isArray` does not narrow readonly arrays. */
export function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

/** True for `{…}`: not for a list, not for null. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Sets a field as JSON.parse would: `__proto__` is a name like any other. */
export function setField(target: Record<string, Json>, key: string, value: Json): void {
  if (key === '__proto__') Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
  else target[key] = value
}

function convert(value: unknown, ancestors: object[]): Json {
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
      // JSON has neither NaN nor minus zero.
      return Number.isFinite(value) ? value + 0 : null
    case 'boolean':
      return value
    case 'undefined':
      return null
    case 'bigint':
    case 'symbol':
      return String(value)
    case 'function':
      return convertFunction(value)
    case 'object':
      return value === null ? null : convertSafely(value, ancestors)
  }
}

function convertFunction(value: { readonly name?: unknown }): string {
  try {
    return `[function ${String(value.name) || 'anonymous'}]`
  } catch {
    return '[function]'
  }
}

function convertSafely(value: object, ancestors: object[]): Json {
  const depth = ancestors.length
  if (depth >= JSON_DEPTH_MAX) return `[Deeper than ${JSON_DEPTH_MAX} levels]`
  // By hand: `includes` takes longer than all else that is done to a small object.
  for (let index = 0; index < depth; index += 1) if (ancestors[index] === value) return '[Circular]'
  ancestors.push(value)
  let json: Json
  try {
    json = convertObject(value, ancestors)
  } catch (error) {
    json = `[Unreadable: ${errorData(error).message}]`
    ancestors.length = depth + 1
  }
  ancestors.pop()
  return json
}

function convertObject(value: object, ancestors: object[]): Json {
  if (Array.isArray(value)) return convertList(value, ancestors)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) {
    const special = convertSpecial(value, ancestors)
    if (special !== undefined) return special
  }
  const { toJSON } = value as { readonly toJSON?: unknown }
  if (typeof toJSON === 'function') return convert(Reflect.apply(toJSON, value, ['']), ancestors)
  return convertFields(value as Readonly<Record<string, unknown>>, ancestors)
}

function convertList(list: readonly unknown[], ancestors: object[]): Json {
  const out: Json[] = []
  for (let index = 0; index < list.length; index += 1) out.push(convert(list[index], ancestors))
  return out
}

function convertFields(fields: Readonly<Record<string, unknown>>, ancestors: object[]): Json {
  // A clone keeps the shape of the original, which makes it and its text in half the time of an object filled key by key.
  const out: Record<string, unknown> = { ...fields }
  if (Object.getOwnPropertySymbols(out).length > 0) return convertEach(out, ancestors)
  for (const key in out) {
    const value = out[key]
    if (typeof value === 'string' || typeof value === 'boolean' || value === null) continue
    if (value === undefined || !Object.hasOwn(out, key)) return convertEach(out, ancestors)
    const json = convert(value, ancestors)
    if (!Object.is(json, value)) out[key] = json
  }
  // Every field is JSON by now.
  return out as Record<string, Json>
}

/** Leaves out what JSON leaves out: fields that are undefined or named by a symbol. */
function convertEach(fields: Readonly<Record<string, unknown>>, ancestors: object[]): Json {
  const out: Record<string, Json> = {}
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    if (value !== undefined) setField(out, key, convert(value, ancestors))
  }
  return out
}

/** Classes with a meaning of their own; undefined for all others. */
function convertSpecial(value: object, ancestors: object[]): Json | undefined {
  if (value instanceof Uint8Array || value instanceof ArrayBuffer || value instanceof DataView) return new TextDecoder().decode(value)
  if (ArrayBuffer.isView(value)) return convertList(Array.from(value as unknown as Iterable<unknown>), ancestors)
  if (value instanceof Error) return convert({ ...errorData(value) }, ancestors)
  if (value instanceof Map) return convertMap(value, ancestors)
  if (value instanceof Set) return convertList([...value], ancestors)
  if (value instanceof String || value instanceof Number || value instanceof Boolean) return convert(value.valueOf(), ancestors)
  if (value instanceof RegExp) return String(value)
  return undefined
}

function convertMap(map: ReadonlyMap<unknown, unknown>, ancestors: object[]): Json {
  const out: Record<string, Json> = {}
  for (const [key, value] of map) if (value !== undefined) setField(out, String(key), convert(value, ancestors))
  return out
}

function isWellFormed(value: Json): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  if (typeof value !== 'object' || value === null) return true
  if (isList(value)) return value.every(isWellFormed)
  for (const key in value) if (Object.hasOwn(value, key) && !(key.isWellFormed() && isWellFormed(value[key] ?? null))) return false
  return true
}

function mended(value: Json): Json {
  if (typeof value === 'string') return value.toWellFormed()
  if (typeof value !== 'object' || value === null) return value
  if (isList(value)) return value.map(mended)
  const out: Record<string, Json> = {}
  for (const [key, item] of Object.entries(value)) setField(out, key.toWellFormed(), mended(item))
  return out
}
