/** Tools and endpoints: a definition that agents see, a parser for what they send, a function that answers. */
import { type OutputUnit, type Schema, Validator } from '@cfworker/json-schema'
import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'
import { RamureError } from '../log/error.ts'
import type { Definition, Json, JsonObject } from '../log/events.ts'
import { checkName } from '../log/ids.ts'
import { schemaProblem } from './schema-check.ts'

/** A schema of any Standard Schema library (its output type is what the handler gets), or a plain JSON Schema. */
export type InputSchema = StandardSchemaV1 | JsonObject

export interface ToolSpec<S extends InputSchema = JsonObject> {
  /** What the agent is told; default: the tool's name. */
  readonly description?: string
  /** Shape of the arguments; default: an object without any. */
  readonly input?: S
  /** JSON Schema to show instead of the one derived from `input`: for libraries that cannot derive one. */
  readonly parameters?: JsonObject
}

/** What a handler is called with. */
export type InputOf<S> = S extends StandardSchemaV1 ? StandardSchemaV1.InferOutput<S> : Record<string, unknown>

export interface Tool {
  readonly definition: Definition
  /** Checks and converts arguments; throws a RamureError ERR_TOOL_ARGUMENTS that names field and rule. */
  parse(params: Json): unknown
  readonly run: (input: never) => unknown
  /** The line that gave it, when lines are looked for. */
  readonly site?: string | null
}

const NO_ARGUMENTS: JsonObject = { type: 'object', properties: {}, additionalProperties: false }

/** Builds a tool. Throws TypeError when `run` is no function, ERR_BAD_NAME, ERR_TOOL_SCHEMA. */
export function createTool(kind: 'tool' | 'endpoint', name: string, spec: ToolSpec<InputSchema>, run: (input: never) => unknown): Tool {
  checkName(kind, name)
  if (typeof run !== 'function') throw new TypeError(`The handler of ${kind} '${name}' must be a function; it is ${describe(run)}.`)
  const input = spec?.input ?? NO_ARGUMENTS
  mustBeSchema(kind, name, input)
  const parameters = objectSchema(kind, name, spec?.parameters ?? jsonSchemaOf(kind, name, input))
  const parse = isStandard(input) ? parseStandard(name, input) : parseJsonSchema(name, parameters)
  return { definition: { name, description: spec?.description ?? name, parameters }, parse, run }
}

function mustBeSchema(kind: string, name: string, input: unknown): void {
  if ((typeof input === 'object' || typeof input === 'function') && input !== null && !Array.isArray(input)) return
  throw schemaError(kind, name, `its input must be a schema; it is ${describe(input)}`)
}

function jsonSchemaOf(kind: string, name: string, input: InputSchema): JsonObject {
  if (!isStandard(input)) return input
  const convert = (input['~standard'] as Partial<StandardJSONSchemaV1.Props>).jsonSchema?.input
  if (!convert) throw schemaError(kind, name, `the ${input['~standard'].vendor} schema cannot be turned into a JSON Schema`)
  try {
    const { $schema, ...schema } = convert({ target: 'draft-2020-12' })
    return schema as JsonObject
  } catch (cause) {
    throw schemaError(kind, name, `its schema cannot be turned into a JSON Schema: ${(cause as Error).message}`, cause)
  }
}

function objectSchema(kind: string, name: string, schema: JsonObject): JsonObject {
  const problem = schemaProblem(schema)
  if (problem !== null) throw schemaError(kind, name, `its schema is wrong: ${problem}`)
  if (schema.type === undefined && schema.properties === undefined) return { ...schema, type: 'object', properties: {} }
  if ((schema.type ?? 'object') !== 'object')
    throw schemaError(kind, name, `its arguments must be an object, not ${JSON.stringify(schema.type)}`)
  return { ...schema, type: 'object', properties: schema.properties ?? {} }
}

function schemaError(kind: string, name: string, why: string, cause?: unknown): RamureError {
  return new RamureError('ERR_TOOL_SCHEMA', `The ${kind} '${name}' was refused: ${why}.`, {
    hint: 'Give `parameters: { type: "object", properties: … }` beside `input`, or a plain JSON Schema as `input`.',
    cause,
  })
}

function parseStandard(name: string, schema: StandardSchemaV1): Tool['parse'] {
  const read = (result: StandardSchemaV1.Result<unknown>) => {
    if (!result.issues) return result.value
    throw argumentsError(
      name,
      result.issues.map((issue) => `${pathText(issue.path)}: ${issue.message}`),
    )
  }
  return (params) => {
    const result = schema['~standard'].validate(params)
    return result instanceof Promise ? result.then(read) : read(result)
  }
}

function pathText(path: StandardSchemaV1.Issue['path']): string {
  if (!path || path.length === 0) return 'arguments'
  return path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
}

function parseJsonSchema(name: string, schema: JsonObject): Tool['parse'] {
  const validator = new Validator(schema as Schema, '2020-12', false)
  return (params) => {
    const input = withDefaults(schema, params)
    const { valid, errors } = validator.validate(input)
    if (valid) return input
    // Parents repeat what their fields say: the deepest places help, and what is missing has no place of its own.
    const isRepeated = ({ instanceLocation: place }: OutputUnit): boolean =>
      errors.some((other) => other.instanceLocation.startsWith(`${place}/`))
    throw argumentsError(name, errors.filter((error) => error.keyword === 'required' || !isRepeated(error)).map(problemText))
  }
}

function problemText({ instanceLocation, keyword, error }: OutputUnit): string {
  const field = instanceLocation.replace(/^#\/?/, '').replaceAll('/', '.') || 'arguments'
  return `${field}: ${keyword === 'false' ? 'There is no such argument.' : error}`
}

function withDefaults(schema: JsonObject, params: Json): Json {
  if (params === null || typeof params !== 'object' || Array.isArray(params)) return params
  const properties = Object.entries(schema.properties as Record<string, { readonly default?: Json } | undefined>)
  const missing = properties.filter(([key, property]) => property?.default !== undefined && !Object.hasOwn(params, key))
  return { ...params, ...Object.fromEntries(missing.map(([key, property]) => [key, property?.default as Json])) }
}

function argumentsError(name: string, problems: readonly string[]): RamureError {
  return new RamureError('ERR_TOOL_ARGUMENTS', `The arguments of '${name}' do not fit: ${[...new Set(problems)].join('; ')}`)
}

function isStandard(schema: InputSchema): schema is StandardSchemaV1 {
  return '~standard' in schema
}

function describe(value: unknown): string {
  return value === null ? 'null' : `of type ${typeof value}`
}
