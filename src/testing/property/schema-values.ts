/** JSON Schema as a fast-check arbitrary: arguments that a tool allows. What it makes is still to be checked by the tool's own validator. */
import type { Json, JsonObject } from '../../log/events.ts'
import { isList, isObject } from '../../log/json.ts'

export type FastCheck = typeof import('fast-check')
type Arb = import('fast-check').Arbitrary<Json>

/** Schemas that contain themselves are followed so deep. */
const DEPTH_MAX = 4
const ITEMS_MAX = 4
const TEXT_MAX = 12
/** Numbers without bounds stay readable. */
const NUMBER_MAX = 1_000

/**
 * Values of `schema`: types, enum, const, bounds, lengths, patterns, formats, arrays, objects, anyOf, oneOf, allOf, local
 * `$ref`. `not`, `if` and the like are not followed: filter by a validator.
 */
export function schemaArbitrary(fc: FastCheck, schema: JsonObject): Arb {
  return build({ fc, root: schema }, schema, 0)
}

interface Context {
  readonly fc: FastCheck
  readonly root: JsonObject
}

function build(context: Context, given: Json | undefined, depth: number): Arb {
  const { fc } = context
  if (!isObject(given)) return anything(fc)
  const schema = resolved(context.root, given)
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.enum !== undefined) return fc.constantFrom(...(schema.enum as readonly Json[]))
  for (const keyword of ['anyOf', 'oneOf'] as const) {
    const { [keyword]: choices, ...rest } = schema
    if (choices === undefined || !isList(choices)) continue
    const usable = choices.filter((choice) => choice !== false)
    return fc.oneof(...usable.map((choice) => build(context, merged(rest, choice), depth)))
  }
  if (schema.allOf !== undefined) {
    const { allOf, ...rest } = schema
    const all = (allOf as readonly Json[]).map((part) => (isObject(part) ? resolved(context.root, part) : part))
    return build(context, all.reduce<JsonObject>(merged, rest), depth)
  }
  const types = typesOf(schema)
  return types.length === 0 ? anything(fc) : fc.oneof(...types.map((type) => ofType(context, type, schema, depth)))
}

function ofType(context: Context, type: string, schema: JsonObject, depth: number): Arb {
  const { fc } = context
  switch (type) {
    case 'null':
      return fc.constant(null)
    case 'boolean':
      return fc.boolean()
    case 'integer':
    case 'number':
      return numbers(fc, type, schema)
    case 'string':
      return texts(fc, schema)
    case 'array':
      return arrays(context, schema, depth)
    default:
      return objects(context, schema, depth)
  }
}

function numbers(fc: FastCheck, type: string, schema: JsonObject): Arb {
  const step = numberOf(schema.multipleOf) ?? (type === 'integer' ? 1 : null)
  const above = numberOf(schema.exclusiveMinimum)
  const below = numberOf(schema.exclusiveMaximum)
  const least = numberOf(schema.minimum) ?? above
  const most = numberOf(schema.maximum) ?? below
  const min = least ?? Math.min(0, (most ?? 0) - NUMBER_MAX)
  const max = most ?? Math.max(NUMBER_MAX, min + NUMBER_MAX)
  if (step === null) {
    const open = { minExcluded: min === above && min < max, maxExcluded: max === below && min < max }
    return fc.double({ min, max, ...open, noNaN: true })
  }
  const first = Math.ceil(min / step) + (min === above && Number.isInteger(min / step) ? 1 : 0)
  const last = Math.floor(max / step) - (max === below && Number.isInteger(max / step) ? 1 : 0)
  return fc.integer({ min: first, max: Math.max(first, last) }).map((n) => n * step)
}

function texts(fc: FastCheck, schema: JsonObject): Arb {
  if (typeof schema.pattern === 'string') return fc.stringMatching(new RegExp(schema.pattern, 'u'))
  const format = formats(fc)[String(schema.format)]
  if (format) return format()
  const minLength = numberOf(schema.minLength) ?? 0
  const maxLength = Math.max(minLength, Math.min(numberOf(schema.maxLength) ?? TEXT_MAX, minLength + TEXT_MAX))
  return fc.string({ minLength, maxLength })
}

function formats(fc: FastCheck): { readonly [format: string]: () => Arb } {
  // Not the year 0, nor 30,000: what calendars and their schemas agree on.
  const dates = () => fc.date({ min: new Date(0), max: new Date(Date.UTC(2100, 0)), noInvalidDate: true }).map((date) => date.toISOString())
  return {
    'date-time': dates,
    date: () => dates().map((text) => text.slice(0, 10)),
    time: () => dates().map((text) => text.slice(11)),
    email: () => fc.emailAddress(),
    uri: () => fc.webUrl(),
    url: () => fc.webUrl(),
    uuid: () => fc.uuid(),
    hostname: () => fc.domain(),
    ipv4: () => fc.ipV4(),
    ipv6: () => fc.ipV6(),
  }
}

function arrays(context: Context, schema: JsonObject, depth: number): Arb {
  const { fc } = context
  const first = isObject(schema) && isList(schema.prefixItems ?? []) ? (schema.prefixItems as readonly Json[] | undefined) : undefined
  const minLength = Math.max(0, (numberOf(schema.minItems) ?? 0) - (first?.length ?? 0))
  const room = depth >= DEPTH_MAX ? 0 : ITEMS_MAX
  const maxLength = Math.max(minLength, Math.min((numberOf(schema.maxItems) ?? room) - (first?.length ?? 0), minLength + room))
  const item = build(context, schema.items, depth + 1)
  const how = { minLength, maxLength: schema.items === false ? 0 : maxLength }
  const rest =
    schema.uniqueItems === true ? fc.uniqueArray(item, { ...how, selector: (value) => JSON.stringify(value) }) : fc.array(item, how)
  if (!first) return rest
  return fc.tuple(fc.tuple(...first.map((each) => build(context, each, depth + 1))), rest).map(([head, tail]) => [...head, ...tail])
}

function objects(context: Context, schema: JsonObject, depth: number): Arb {
  const { fc } = context
  const required = (schema.required ?? []) as readonly string[]
  const properties = { ...Object.fromEntries(required.map((key) => [key, true])), ...(schema.properties as JsonObject | undefined) }
  // Deep inside, what need not be there is not.
  const keys = Object.keys(properties).filter((key) => properties[key] !== false && (depth < DEPTH_MAX || required.includes(key)))
  const model = Object.fromEntries(keys.map((key) => [key, build(context, properties[key], depth + 1)]))
  const known = fc.record(model, { requiredKeys: keys.filter((key) => required.includes(key)), noNullPrototype: true })
  const isOpen = Object.keys(properties).length === 0 && isObject(schema.additionalProperties)
  if (!isOpen || depth >= DEPTH_MAX) return known
  return fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), build(context, schema.additionalProperties, depth + 1), {
    maxKeys: ITEMS_MAX,
    noNullPrototype: true,
  })
}

function anything(fc: FastCheck): Arb {
  return fc.jsonValue({ maxDepth: 1 }) as Arb
}

function typesOf({ type, properties, items, required, pattern, minLength, maxLength, minimum, maximum }: JsonObject): readonly string[] {
  if (type !== undefined) return (isList(type) ? type : [type]) as readonly string[]
  if (properties !== undefined || required !== undefined) return ['object']
  if (items !== undefined) return ['array']
  if (pattern !== undefined || minLength !== undefined || maxLength !== undefined) return ['string']
  return minimum !== undefined || maximum !== undefined ? ['number'] : []
}

/** What a local `$ref` stands for, with what is said beside it. */
function resolved(root: JsonObject, schema: JsonObject): JsonObject {
  const { $ref, ...rest } = schema
  if (typeof $ref !== 'string' || !($ref === '#' || $ref.startsWith('#/'))) return schema
  let at: Json | undefined = root
  for (const part of $ref.split('/').slice(1)) {
    const name = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
    at = isObject(at) ? at[name] : undefined
  }
  return isObject(at) ? resolved(root, merged(at, rest)) : rest
}

/** Both at once, as far as that can be said in one schema. */
function merged(one: JsonObject, other: Json): JsonObject {
  if (!isObject(other)) return one
  const required = [...new Set([...((one.required ?? []) as string[]), ...((other.required ?? []) as string[])])]
  const properties = { ...(one.properties as JsonObject | undefined), ...(other.properties as JsonObject | undefined) }
  const bound = (keyword: string, tightest: (...numbers: number[]) => number): JsonObject => {
    const both = [numberOf(one[keyword]), numberOf(other[keyword])].filter((each) => each !== null)
    return both.length > 0 ? { [keyword]: tightest(...both) } : {}
  }
  const bounds = ['minimum', 'minLength', 'minItems'].map((keyword) => bound(keyword, Math.max))
  const limits = ['maximum', 'maxLength', 'maxItems'].map((keyword) => bound(keyword, Math.min))
  return Object.assign(
    { ...one, ...other },
    required.length > 0 ? { required } : {},
    Object.keys(properties).length > 0 ? { properties } : {},
    ...bounds,
    ...limits,
  )
}

function numberOf(value: Json | undefined): number | null {
  return typeof value === 'number' ? value : null
}
