import { errorData } from './error-data.ts'
import type { Json } from './events.ts'

/** Containers nested deeper than this become a string. */
export const JSON_DEPTH_MAX = 100

/**
 * Makes any value JSON: bytes become text, a Map an object, a Set an array, an Error its name and message; `undefined`
 * fields are dropped, cycles become `[Circular]`. Containers are always fresh, so what was recorded cannot be changed
 * afterwards through the original. Never throws: what cannot be read becomes a string that says so.
 */
export function toJson(value: unknown): Json {
  return convert(value, [])
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

/** Sets a field as JSON.parse would: `__proto__` is a name like any other. */
export function setField(target: Record<string, Json>, key: string, value: Json): void {
  if (key === '__proto__') Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
  else target[key] = value
}

function convert(value: unknown, ancestors: object[]): Json {
  switch (typeof value) {
    case 'string':
      return wellFormed(value)
    case 'number':
      // JSON has neither NaN nor minus zero.
      return Number.isFinite(value) ? value + 0 : null
    case 'boolean':
      return value
    case 'undefined':
      return null
    case 'bigint':
    case 'symbol':
      return wellFormed(String(value))
    case 'function':
      return convertFunction(value)
    case 'object':
      return value === null ? null : convertSafely(value, ancestors)
  }
}

function convertFunction(value: { readonly name?: unknown }): string {
  try {
    return wellFormed(`[function ${String(value.name) || 'anonymous'}]`)
  } catch {
    return '[function]'
  }
}

function convertSafely(value: object, ancestors: object[]): Json {
  if (ancestors.length >= JSON_DEPTH_MAX) return `[Deeper than ${JSON_DEPTH_MAX} levels]`
  if (ancestors.includes(value)) return '[Circular]'
  const depth = ancestors.push(value)
  try {
    return convertObject(value, ancestors)
  } catch (error) {
    return wellFormed(`[Unreadable: ${errorData(error).message}]`)
  } finally {
    ancestors.length = depth - 1
  }
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
  const out: Record<string, Json> = {}
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    if (value !== undefined) setField(out, wellFormed(key), convert(value, ancestors))
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
  if (value instanceof RegExp) return wellFormed(String(value))
  return undefined
}

function convertMap(map: ReadonlyMap<unknown, unknown>, ancestors: object[]): Json {
  const out: Record<string, Json> = {}
  for (const [key, value] of map) if (value !== undefined) setField(out, wellFormed(String(key)), convert(value, ancestors))
  return out
}

function wellFormed(text: string): string {
  return text.isWellFormed() ? text : text.toWellFormed()
}
