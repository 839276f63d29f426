/** Processes as programs write, call and watch them. */
import { RamureError } from '../log/error.ts'
import type { Json } from '../log/events.ts'
import { checkName } from '../log/ids.ts'
import { toJson } from '../log/json.ts'
import type { Image } from '../machines/machine.ts'
import type { Agent } from './agent.ts'
import { attachEndpoints, callEndpoint } from './endpoint.ts'
import { ExecutionCancelled, ExecutionFailed } from './errors.ts'
import { type Definition, startProcess } from './lifecycle.ts'
import { openProcess, recorded } from './pending.ts'
import { interrupt, type ProcessScope } from './process-scope.ts'
import { startRoot } from './root.ts'
import { output, scopeOrLost } from './run.ts'
import { requireScope, type Scope, scopeNow } from './scope.ts'
import { type EventStream, eventStream } from './stream.ts'
import type { RootOptions } from './surroundings.ts'
import { DELAY_MS_MAX, setTimer } from './timer.ts'

export interface ProcessOptions extends RootOptions {
  /** Where agents of this process work; default: the parent's image, for a root the folder it was started in. */
  readonly image?: Image
  /** Ends the process after this time with a TimeoutError; default: no limit. */
  readonly timeoutMs?: number
}

export interface AgentProcess<A extends readonly unknown[], R> {
  (...args: A): Promise<R>
  readonly processName: string
}

/** The process that a function becomes: called with what the function takes. */
export type ProcessOf<F> = F extends (...args: infer A) => Promise<infer R> ? AgentProcess<A, R> : never

/** What is asked of a function beside being one; said apart from `F`, so that its own defaults give its parameters their types. */
type AsyncFunction<F> = F extends (...args: never) => Promise<unknown> ? unknown : (...args: never) => Promise<unknown>

/**
 * Makes a process of an async function. The result is called like the function: inside a process it becomes a child of
 * the same run; outside it starts a run of its own and resolves after everything of that run is gone.
 * Throws TypeError when `fn` is no function, ERR_BAD_NAME.
 */
export function agentProcess<F extends object>(name: string, fn: F & AsyncFunction<F>, options?: ProcessOptions): ProcessOf<F>
/** With types that are named, for functions that make processes of others'. */
export function agentProcess<A extends readonly unknown[], R>(
  name: string,
  fn: (...args: A) => Promise<R>,
  options?: ProcessOptions,
): AgentProcess<A, Awaited<R>>
export function agentProcess(name: string, fn: Definition['fn'], options: ProcessOptions = {}): AgentProcess<readonly unknown[], unknown> {
  checkName('process', name)
  if (typeof fn !== 'function') throw new TypeError(`agentProcess('${name}') takes an async function; it was given ${typeof fn}.`)
  checkTimeout(name, options.timeoutMs)
  const definition: Definition = { name, fn, image: options.image, timeoutMs: options.timeoutMs }
  const call = (...args: readonly unknown[]): Promise<unknown> => {
    const scope = scopeNow()
    if (!scope) return startRoot(definition, args, options)
    return recorded(() => {
      openProcess(scope, `${name}()`)
      return startProcess(scope.run, definition, args, scope, 'call').result.promise
    })
  }
  definitions.set(call, definition)
  Object.defineProperty(call, 'name', { value: name })
  return Object.assign(call, { processName: name })
}

function checkTimeout(name: string, timeoutMs: number | undefined): void {
  if (timeoutMs === undefined || (timeoutMs > 0 && timeoutMs <= DELAY_MS_MAX)) return
  throw new RangeError(
    `The timeoutMs of process '${name}' must be milliseconds above 0 and up to ${DELAY_MS_MAX}; it is ${String(timeoutMs)}.`,
  )
}

const definitions = new WeakMap<object, Definition>()

/** What a process was made of, for running it again. Throws TypeError when `process` was not made by `agentProcess`. */
export function definitionOf(process: AgentProcess<never, unknown>): Definition {
  const definition = definitions.get(process)
  if (definition) return definition
  throw new TypeError('A process made by agentProcess() was expected.')
}

export interface ProcessHandle<R = unknown> {
  readonly name: string
  /** The path of its scope, unique in the run. */
  readonly path: string
  /** Its events from the first on; several readers each see all of them. Ends with `done`, `failed` or `cancelled`. */
  readonly events: EventStream
  /** What the function returned; rejects as it did. Nobody has to await it. */
  readonly result: Promise<R>
  /** Its agents now, by name. */
  readonly agents: Readonly<Record<string, Agent>>
  /** Calls an endpoint of it. Throws ERR_UNKNOWN_ENDPOINT and whatever the endpoint throws. */
  call(endpoint: string, kwargs?: Record<string, unknown>): Promise<unknown>
  /** Gives `agent` its endpoints as tools: all, or those in `only`; their names after `prefix`. */
  attach(agent: Agent, options?: { readonly only?: readonly string[]; readonly prefix?: string }): void
  /** Ends it: its `result` rejects with ExecutionCancelled after its cleanup. Later calls do nothing. */
  cancel(reason?: string): Promise<void>
}

/** Starts a child in the background. Its failure is an event and its `result`, never an unhandled rejection. */
export function spawn<A extends readonly unknown[], R>(process: AgentProcess<A, R>, ...args: A): ProcessHandle<R> {
  const scope = requireScope('spawn()')
  const definition = definitions.get(process)
  if (!definition) throw new TypeError('spawn() takes a process made by agentProcess().')
  openProcess(scope, `spawn(${definition.name})`)
  return handle(startProcess(scope.run, definition, args, scope, 'spawn'), scope) as ProcessHandle<R>
}

const scopes = new WeakMap<object, ProcessScope>()

function handle(process: ProcessScope, parent: Scope): ProcessHandle {
  const { name, scope, result, events } = process
  const made: ProcessHandle = {
    name,
    path: scope.path,
    result: result.promise,
    events: eventStream(events, (ms, callback) => setTimer(scopeOrLost(scope.run, 'listenFor()'), 'listenFor', ms, callback)),
    get agents() {
      return Object.fromEntries([...process.agents.values()].map((record) => [record.name, record.handle]))
    },
    call: (endpoint, kwargs) => recorded(() => callEndpoint(process, callerOf(parent), endpoint, kwargs)),
    attach: (agent, options) => attachEndpoints(process, agent, options),
    async cancel(reason = 'cancel() was called') {
      interrupt(process, new ExecutionCancelled(reason, callerOf(parent).path))
      await process.result.promise.catch(() => {})
    },
  }
  scopes.set(made, process)
  return made
}

function callerOf(parent: Scope): Scope {
  return scopeOrLost(parent.run, 'the handle')
}

/** What the process's `wait` resolves with. The first of `done` and `fail` wins; later calls do nothing. */
export function done(value?: unknown): void {
  const process = decide('done()')
  if (!process) return
  output(requireScope('done()'), 'done', { value: toJson(value) })
  process.verdict.resolve(value)
}

/** Makes the process's `wait` reject with ExecutionFailed. The first of `done` and `fail` wins; later calls do nothing. */
export function fail(reason: string): void {
  const process = decide('fail()')
  if (!process) return
  output(requireScope('fail()'), 'fail', { reason: String(reason) })
  process.verdict.reject(new ExecutionFailed(String(reason)))
}

function decide(call: string): ProcessScope | null {
  const { process } = requireScope(call)
  if (process.decided || process.phase !== 'running' || process.interruptedBy) return null
  process.decided = true
  return process
}

/** Waits for `done` or `fail`. Rejects with ExecutionFailed, ExecutionCancelled or the process's TimeoutError. */
export function wait<T = unknown>(): Promise<T> {
  const { process, run } = requireScope('wait()')
  process.awaitedAt ??= run.siteNow?.() ?? ''
  return process.verdict.promise as Promise<T>
}

/** Adds an event to the process's stream; returns it, or null when the process has ended. */
export function emit(type: string, data?: unknown): { readonly type: string; readonly data: Json } | null {
  const scope = requireScope('emit()')
  checkName('event', type)
  if (TERMINAL.has(type)) {
    throw new RamureError('ERR_EVENT_RESERVED', `emit('${type}'): that event ends a process's stream and is only emitted by its end.`, {
      hint: 'Use done(), fail() or another event name.',
    })
  }
  return emitOn(scope, scope.process, type, toJson(data), null)
}

const TERMINAL = new Set(['done', 'failed', 'cancelled'])

function emitOn(scope: Scope, process: ProcessScope, type: string, data: Json, source: string | null): { type: string; data: Json } | null {
  if (process.phase === 'closed' || process.events.closed) return null
  const entry = output(scope, 'emit', { event: type, data }, source === null ? {} : { source })
  process.events.emitted({ type, data, source }, entry)
  return { type, data }
}

/**
 * Forwards a child's events to the current process's stream, data untouched, tagged with `source` unless they already
 * carry one. Its `done`, `failed` and `cancelled` stay its own. Returns how to stop; stopping twice does nothing.
 */
export function bubble(child: ProcessHandle, options: { readonly source?: string } = {}): () => void {
  const scope = requireScope('bubble()')
  if (!scopes.has(child)) throw new TypeError('bubble() takes a handle returned by spawn().')
  const { source = null } = options
  return child.events.subscribe(
    (event) => {
      if (!TERMINAL.has(event.type)) emitOn(scope, scope.process, event.type, event.data as Json, event.source ?? source)
    },
    { replay: true },
  )
}
