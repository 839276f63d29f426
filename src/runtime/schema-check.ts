/** Finds what is wrong with a plain JSON Schema when a tool is made, so that no agent has to meet it. */
import type { Json, JsonObject } from '../log/events.ts'
import { isList, isObject } from '../log/json.ts'

const TYPES: ReadonlySet<unknown> = new Set(['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'])
/** Keywords that hold schemas by name. */
const NAMED = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'] as const
/** Keywords that hold one schema, or a list of them. */
const NESTED = [
  'items',
  'prefixItems',
  'additionalProperties',
  'propertyNames',
  'contains',
  'not',
  'if',
  'then',
  'else',
  'allOf',
  'anyOf',
  'oneOf',
] as const

/** A sentence part such as `properties.a: there is no type "text"`, or null when nothing is wrong. */
export function schemaProblem(root: JsonObject): string | null {
  return problemIn(root, root, '')
}

function problemIn(schema: Json | undefined, root: JsonObject, path: string): string | null {
  if (typeof schema === 'boolean') return null
  if (!isObject(schema)) return said(path, 'a schema is an object or a boolean')
  const own = ownProblem(schema, root)
  if (own !== null) return said(path, own)
  for (const keyword of NAMED) {
    const named = schema[keyword]
    if (named === undefined) continue
    if (!isObject(named)) return said(path, `${keyword} is an object`)
    for (const [name, inner] of Object.entries(named)) {
      const problem = problemIn(inner, root, join(path, keyword, name))
      if (problem !== null) return problem
    }
  }
  return nestedProblem(schema, root, path)
}

function nestedProblem(schema: JsonObject, root: JsonObject, path: string): string | null {
  for (const keyword of NESTED) {
    const nested = schema[keyword]
    if (nested === undefined) continue
    for (const inner of isList(nested) ? nested : [nested]) {
      const problem = problemIn(inner, root, join(path, keyword))
      if (problem !== null) return problem
    }
  }
  return null
}

function ownProblem(schema: JsonObject, root: JsonObject): string | null {
  const { type, pattern, required, enum: choices, $ref } = schema
  const wrong = type === undefined ? undefined : (isList(type) ? type : [type]).find((one) => !TYPES.has(one))
  if (wrong !== undefined) return `there is no type ${JSON.stringify(wrong)}`
  if (pattern !== undefined && !isPattern(pattern)) return `the pattern ${JSON.stringify(pattern)} is no regular expression`
  if (required !== undefined && !(isList(required) && required.every((name) => typeof name === 'string')))
    return 'required is a list of names'
  if (choices !== undefined && !isList(choices)) return 'enum is a list'
  if (typeof $ref === 'string' && $ref.startsWith('#/') && !resolves($ref, root)) return `$ref ${JSON.stringify($ref)} leads nowhere`
  return null
}

function isPattern(pattern: Json): boolean {
  try {
    return typeof pattern === 'string' && new RegExp(pattern, 'u') instanceof RegExp
  } catch {
    return false
  }
}

function resolves(ref: string, root: JsonObject): boolean {
  let at: Json | undefined = root
  for (const part of ref.slice(2).split('/')) {
    const name = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
    at = typeof at === 'object' && at !== null && Object.hasOwn(at, name) ? (at as JsonObject)[name] : undefined
  }
  return at !== undefined
}

function join(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('.')
}

function said(path: string, problem: string): string {
  return path === '' ? problem : `${path}: ${problem}`
}
