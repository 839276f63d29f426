import { RamureError } from '../log/error.ts'
import type { Json, JsonObject } from '../log/events.ts'
import { type Action, type Options, textOption } from './cli.ts'
import { parseDurationMs } from './figures.ts'
import { callerOf, objects, speak } from './live.ts'
import { suggest } from './suggest.ts'
import { plain, plainLines } from './text.ts'

/** `ramure call <endpoint> k=v…`: asks an endpoint of a live run's root and prints what it answers; without a name lists them. */
export const run: Action = (cli, [endpoint, ...pairs], options) => {
  const kwargs = { ...argsOption(options), ...keyValues(pairs) }
  const caller = callerOf(options)
  const timeoutMs = timeoutOption(options)
  return speak(cli, textOption(options, 'id'), async (live, line) => {
    const definitions = objects((await line.request({ cmd: 'endpoints' }))['endpoints'])
    if (endpoint === undefined) return cli.output.answer({ run: live.run, endpoints: definitions }, () => listText(definitions, live.run))
    const names = definitions.map((definition) => String(definition['name']))
    if (!names.includes(endpoint)) throw endpointNotFound(endpoint, names, live.run)
    const { result = null } = await line.request({ cmd: 'call', endpoint, kwargs, caller }, { timeoutMs })
    cli.output.answer({ run: live.run, endpoint, result }, () =>
      plainLines(typeof result === 'string' ? result : JSON.stringify(result, null, 2)),
    )
  })
}

/** `add_task(spec: string, priority?: integer)   Adds a task.` */
function listText(definitions: readonly JsonObject[], run: string): string {
  if (definitions.length === 0) return `${run} exposes no endpoints.`
  return definitions
    .map(({ name, description, parameters }) => plain(`${name}(${parametersText(parameters)})   ${description ?? ''}`).trimEnd())
    .join('\n')
}

function parametersText(parameters: Json | undefined): string {
  const [schema] = objects([parameters ?? null])
  const [properties] = objects([schema?.['properties'] ?? null])
  const required = schema?.['required']
  return Object.entries(properties ?? {})
    .map(([key, property]) => `${key}${Array.isArray(required) && required.includes(key) ? '' : '?'}: ${typeText(property)}`)
    .join(', ')
}

function typeText(property: Json): string {
  const type = objects([property])[0]?.['type']
  return typeof type === 'string' ? type : 'any'
}

/** `k=v` with JSON where it is JSON and text where it is not. Throws ERR_USAGE. */
export function keyValues(pairs: readonly string[]): JsonObject {
  return Object.fromEntries(
    pairs.map((pair): [string, Json] => {
      const at = pair.indexOf('=')
      if (at > 0) return [pair.slice(0, at), jsonOrText(pair.slice(at + 1))]
      throw new RamureError(
        'ERR_USAGE',
        `An argument is key=value; ${JSON.stringify(plain(pair, 80))} has no ${at === 0 ? 'key' : '"="'}.`,
        {
          hint: 'for example  ramure call add_task spec="write tests" priority=2',
        },
      )
    }),
  )
}

function jsonOrText(text: string): Json {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function argsOption(options: Options): JsonObject {
  const text = textOption(options, 'args')
  if (text === undefined) return {}
  const value = jsonOrText(text)
  // JSON objects only: lists and plain values have no names.
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject
  throw new RamureError('ERR_USAGE', '--args takes a JSON object.', { hint: `for example  --args '{"spec":"write tests","priority":2}'` })
}

/** Default: as long as it takes. Throws ERR_USAGE. */
function timeoutOption(options: Options): number {
  const text = textOption(options, 'timeout')
  if (text === undefined) return Number.POSITIVE_INFINITY
  const ms = parseDurationMs(text)
  if (ms !== null && ms > 0) return ms
  throw new RamureError('ERR_USAGE', `--timeout takes a duration, not ${JSON.stringify(plain(text, 80))}.`, {
    hint: 'for example  --timeout 30s',
  })
}

function endpointNotFound(wanted: string, names: readonly string[], run: string): RamureError {
  const near = suggest(wanted, names)
  const listed = names.length > 0 ? `its endpoints  ${names.slice(0, 12).join(', ')}` : `${run} exposes no endpoints`
  return new RamureError('ERR_ENDPOINT_NOT_FOUND', `${run} has no endpoint called "${plain(wanted, 80)}".`, {
    hint: near.length > 0 ? `did you mean  ${near.join('  or  ')}         ${listed}` : listed,
  })
}
