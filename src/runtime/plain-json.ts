/** What a value loses when it is recorded as JSON: a replay is handed what is left. */

export interface Loss {
  /** `0`, `1.when`, `2.list.3`: the argument, then where in it. */
  readonly path: string
  /** What stands there: `a Date`, `a function`. */
  readonly what: string
}

/** A caller that passes something large and foreign needs no longer list than that. */
const LOSSES_MAX = 5
/** As deep as JSON is recorded. */
const DEPTH_MAX = 100

/** Everything in `values` that comes back from JSON as something else, at most five. A field that is undefined is only left out, and is no loss. */
export function lossesIn(values: readonly unknown[]): readonly Loss[] {
  const losses: Loss[] = []
  values.forEach((value, at) => {
    try {
      collect(value, String(at), [], losses)
    } catch {
      losses.push({ path: String(at), what: 'something that cannot be read' })
    }
  })
  return losses
}

function collect(value: unknown, path: string, ancestors: readonly object[], losses: Loss[]): void {
  if (losses.length >= LOSSES_MAX) return
  const what = lost(value, ancestors)
  if (what !== null) losses.push({ path, what })
  else if (typeof value === 'object' && value !== null) {
    const inside = [...ancestors, value]
    const fields = Object.entries(value).filter(([, field]) => Array.isArray(value) || field !== undefined)
    for (const [name, field] of fields) collect(field, `${path}.${name}`, inside, losses)
  }
}

function lost(value: unknown, ancestors: readonly object[]): string | null {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0) ? null : `the number ${Object.is(value, -0) ? '-0' : value}`
    case 'undefined':
      return 'undefined'
    case 'bigint':
    case 'symbol':
    case 'function':
      return `a ${typeof value}`
    case 'object':
      return value === null ? null : lostObject(value, ancestors)
    default:
      return null
  }
}

function lostObject(value: object, ancestors: readonly object[]): string | null {
  if (ancestors.includes(value)) return 'a reference to what it is part of'
  if (ancestors.length >= DEPTH_MAX) return 'nested too deep'
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== null && prototype !== Object.prototype && !Array.isArray(value)) return `a ${nameOf(prototype)}`
  return typeof (value as { toJSON?: unknown }).toJSON === 'function' ? 'an object with toJSON' : null
}

function nameOf(prototype: unknown): string {
  const name: unknown = (prototype as { readonly constructor?: { readonly name?: unknown } }).constructor?.name
  return typeof name === 'string' && name !== '' ? name : 'class instance'
}
