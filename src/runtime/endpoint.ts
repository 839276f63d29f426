/** Endpoints: what a process offers to its parent, to agents, and (for the root) to the command line. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { RamureError } from '../log/error.ts'
import { errorData } from '../log/error-data.ts'
import type { EntryOf, ErrorData, Json, JsonObject } from '../log/events.ts'
import { checkName } from '../log/ids.ts'
import { toJson } from '../log/json.ts'
import { isTooLarge } from '../log/recorded.ts'
import type { Agent } from './agent.ts'
import { openProcess } from './pending.ts'
import type { ProcessScope } from './process-scope.ts'
import { isReserved, reserved } from './reserved-tools.ts'
import { output, type Run } from './run.ts'
import { requireScope, type Scope, within } from './scope.ts'
import { createTool, type InputOf, type InputSchema, type Tool, type ToolSpec } from './tool.ts'

export type Endpoint = Tool

/** Offers a function of the current process. Throws TypeError, ERR_BAD_NAME, ERR_TOOL_SCHEMA. */
export function expose<S extends StandardSchemaV1>(
  name: string,
  spec: ToolSpec<S> & { readonly input: S },
  fn: (input: InputOf<S>) => unknown,
): void
/** With a plain JSON Schema the author says what type it stands for: TypeScript cannot read it off. */
export function expose<I = Record<string, unknown>>(name: string, spec: ToolSpec, fn: (input: I) => unknown): void
export function expose(name: string, fn: (input: Record<string, never>) => unknown): void
export function expose(name: string, ...rest: [ToolSpec<InputSchema>, (input: never) => unknown] | [(input: never) => unknown]): void {
  const scope = requireScope('expose()')
  const process = openProcess(scope, 'expose()')
  const [spec, fn] = rest.length === 1 ? [{}, rest[0]] : rest
  const endpoint: Endpoint = { ...createTool('endpoint', name, spec, fn), site: scope.run.siteNow?.() ?? null }
  process.endpoints.set(name, endpoint)
  output(scope, 'endpoint_exposed', { endpoint: name, definition: endpoint.definition })
}

/** Calls an endpoint of `process` from the scope of its caller; runs in the process, resolves with its result. */
export async function callEndpoint(process: ProcessScope, caller: Scope, name: string, kwargs: unknown): Promise<unknown> {
  const call_id = caller.id('call')
  output(process.scope, 'endpoint_called', { endpoint: name, kwargs: toJson(kwargs ?? {}) as JsonObject, caller: caller.path, call_id })
  const answer = await runEndpoint(process, name, kwargs ?? {}, call_id)
  if (answer.error) throw answer.thrown
  return answer.result
}

/** A call that came from outside: the root's endpoints only. */
export function receiveCall(run: Run, entry: EntryOf<'endpoint_called'>): void {
  const { root } = run
  if (!root) return
  // Only a dead log throws here, and that ends the run.
  runEndpoint(root, entry.data.endpoint, entry.data.kwargs, entry.data.call_id).catch(() => {})
}

interface Answer {
  readonly result?: unknown
  readonly error?: ErrorData
  readonly thrown?: unknown
}

async function runEndpoint(process: ProcessScope, name: string, kwargs: unknown, call_id: string): Promise<Answer> {
  const { run } = process.scope
  // What a caller makes up must not become part of a path, nor a count that is kept for ever.
  const segment = `on:call(${process.endpoints.has(name) ? name : '?'})`
  const scope = process.scope.sub(`${segment}#${process.scope.ordinal(segment)}`)
  scope.site = process.endpoints.get(name)?.site ?? null
  const startedMs = run.clockMs
  const answer = await within(scope, () => attempt(process, name, kwargs))
  const data = { endpoint: name, call_id, ok: !answer.error, duration_ms: run.clockMs - startedMs }
  if (process.phase === 'closed') return answer
  try {
    output(scope, 'endpoint_returned', { ...data, ...(answer.error ? { error: answer.error } : { result: toJson(answer.result) }) })
    return answer
  } catch (thrown) {
    if (!isTooLarge(thrown)) throw thrown
    const error = errorData(thrown)
    output(scope, 'endpoint_returned', { ...data, ok: false, error })
    return { error, thrown }
  }
}

async function attempt(process: ProcessScope, name: string, kwargs: unknown): Promise<Answer> {
  try {
    checkOpen(process)
    const endpoint = find(process, name)
    const input = await endpoint.parse(kwargs as Json)
    // It may have ended meanwhile, and then nobody would be told again.
    checkOpen(process)
    return { result: await untilEnd(process, endpoint.run(input as never)) }
  } catch (thrown) {
    return { error: errorData(thrown), thrown }
  }
}

/** What `answer` gives; rejects when the process ends first, whose code may then never come to an answer. */
function untilEnd(process: ProcessScope, answer: unknown): Promise<unknown> {
  const { signal } = process.abort
  return new Promise((resolve, reject) => {
    const ended = () => reject(processEnded(process))
    const forget = () => signal.removeEventListener('abort', ended)
    signal.addEventListener('abort', ended, { once: true })
    Promise.resolve(answer).then(resolve, reject).finally(forget)
  })
}

/** A child that failed before it exposed anything has ended: that says more than a missing endpoint. */
function checkOpen(process: ProcessScope): void {
  if (process.phase !== 'running' || process.interruptedBy) throw processEnded(process)
}

function processEnded(process: ProcessScope): RamureError {
  const last = process.events.last
  const why = process.interruptedBy?.message ?? (last?.type === 'failed' ? String(last.data) : '')
  const message = `The process '${process.name}' has ended${why === '' ? '.' : `: ${why}`}`
  return new RamureError('ERR_PROCESS_ENDED', message, { cause: process.interruptedBy ?? undefined })
}

/** Gives `agent` the endpoints of `process` as tools, all or those named in `only`, their names after `prefix`. */
export function attachEndpoints(
  process: ProcessScope,
  agent: Agent,
  options: { readonly only?: readonly string[]; readonly prefix?: string } = {},
): void {
  checkOpen(process)
  const { only = [...process.endpoints.keys()], prefix = '' } = options
  const chosen = only.map((name) => ({ name, endpoint: find(process, name) }))
  for (const { name } of chosen) checkToolName(prefix + name)
  for (const { name, endpoint } of chosen) {
    const { description, parameters } = endpoint.definition
    const input = parameters
    agent.on(prefix + name, { description, input }, (kwargs) => callEndpoint(process, requireScope('attach()'), name, kwargs))
  }
}

function checkToolName(name: string): void {
  checkName('tool', name)
  if (isReserved(name)) throw reserved(name)
}

function find(process: ProcessScope, name: string): Endpoint {
  const endpoint = process.endpoints.get(name)
  if (endpoint) return endpoint
  throw new RamureError('ERR_UNKNOWN_ENDPOINT', `No endpoint '${name}'`, {
    hint: `Endpoints of ${process.name}: ${[...process.endpoints.keys()].join(', ') || 'none'}.`,
  })
}
