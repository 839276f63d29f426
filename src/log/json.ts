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
  return convert(value, null)
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

/** A container, and those that it is in. A list of them would cost more than the rest of a small copy. */
interface Path {
  readonly value: object
  readonly depth: number
  readonly above: Path | null
  /** Somebody gave a field to all objects, so what is found in one need not be its own. */
  readonly isPolluted: boolean
}

function convert(value: unknown, above: Path | null): Json {
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
      return value === null ? null : convertSafely(value, above)
  }
}

function convertFunction(value: { readonly name?: unknown }): string {
  try {
    return `[function ${String(value.name) || 'anonymous'}]`
  } catch {
    return '[function]'
  }
}

function convertSafely(value: object, above: Path | null): Json {
  if (above !== null && above.depth >= JSON_DEPTH_MAX) return `[Deeper than ${JSON_DEPTH_MAX} levels]`
  for (let each = above; each !== null; each = each.above) if (each.value === value) return '[Circular]'
  const path = pathTo(value, above)
  try {
    return isPlain(value) ? convertFields(value, path, path.isPolluted) : convertOther(value, path)
  } catch (error) {
    return `[Unreadable: ${errorData(error).message}]`
  }
}

function pathTo(value: object, above: Path | null): Path {
  return above === null
    ? { value, depth: 1, above, isPolluted: isAnyIn({}) }
    : { value, depth: above.depth + 1, above, isPolluted: above.isPolluted }
}

function isAnyIn(fields: object): boolean {
  for (const _ in fields) return true
  return false
}

function isPlain(value: object): value is Readonly<Record<string, unknown>> {
  const prototype: unknown = Object.getPrototypeOf(value)
  return (prototype === Object.prototype || prototype === null) && (value as { readonly toJSON?: unknown }).toJSON === undefined
}

/** Filled key by key: a clone by spreading has fields named by symbols as well, and to look for those takes longer than to fill it. */
function convertFields(fields: Readonly<Record<string, unknown>>, path: Path, mayInherit: boolean): Json {
  const out: Record<string, Json> = {}
  for (const key in fields) {
    if (mayInherit && !Object.hasOwn(fields, key)) continue
    const value = fields[key]
    if (value === undefined) continue
    const json = typeof value === 'string' ? value : convert(value, path)
    if (key === '__proto__') setField(out, key, json)
    else out[key] = json
  }
  return out
}

/** Everything but an object with nothing but fields. */
function convertOther(value: object, path: Path): Json {
  if (Array.isArray(value)) return convertList(value, path)
  const special = convertSpecial(value, path)
  if (special !== undefined) return special
  const { toJSON } = value as { readonly toJSON?: unknown }
  if (typeof toJSON === 'function') return convert(Reflect.apply(toJSON, value, ['']), path)
  return convertFields(value as Readonly<Record<string, unknown>>, path, true)
}

function convertList(list: readonly unknown[], above: Path | null): Json {
  const out: Json[] = []
  for (let index = 0; index < list.length; index += 1) out.push(convert(list[index], above))
  return out
}

/** Classes with a meaning of their own; undefined for all others. */
function convertSpecial(value: object, above: Path | null): Json | undefined {
  if (value instanceof Uint8Array || value instanceof ArrayBuffer || value instanceof DataView) return new TextDecoder().decode(value)
  if (ArrayBuffer.isView(value)) return convertList(Array.from(value as unknown as Iterable<unknown>), above)
  if (value instanceof Error) return convert({ ...errorData(value) }, above)
  if (value instanceof Map) return convertMap(value, above)
  if (value instanceof Set) return convertList([...value], above)
  if (value instanceof String || value instanceof Number || value instanceof Boolean) return convert(value.valueOf(), above)
  if (value instanceof RegExp) return String(value)
  return undefined
}

function convertMap(map: ReadonlyMap<unknown, unknown>, above: Path | null): Json {
  const out: Record<string, Json> = {}
  for (const [key, value] of map) if (value !== undefined) setField(out, String(key), convert(value, above))
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
