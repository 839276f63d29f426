/**
 * From the call of a process function to the last of what it owned.
 *
 * P1 The first cause of its end wins: its function's return or throw, its timeout, a cancel, a lost agent, its parent's end.
 * P2 Cleanup happens once, in one order: children, what it waits for, agents, machines; then the outcome is recorded.
 * P3 Its caller goes on only after the cleanup.
 */
import { errorData } from '../log/error-data.ts'
import type { ErrorData } from '../log/events.ts'
import { toJson } from '../log/json.ts'
import { isTooLarge } from '../log/recorded.ts'
import type { Image } from '../machines/machine.ts'
import { retireAgent } from './agent-record.ts'
import { errorSite } from './call-site.ts'
import { ExecutionCancelled, ProcessTimeout, scopeClosed } from './errors.ts'
import { retireMachine } from './machine-record.ts'
import { rejectAll } from './pending.ts'
import { createProcessScope, interrupt, type ProcessScope } from './process-scope.ts'
import { output, quiet, type Run } from './run.ts'
import { type Scope, within } from './scope.ts'
import { armTimer } from './timer.ts'

export interface Definition {
  readonly name: string
  // biome-ignore lint/suspicious/noExplicitAny: the arguments are the author's; `agentProcess` keeps their types.
  readonly fn: (...args: any[]) => unknown
  readonly image: Image | undefined
  readonly timeoutMs: number | undefined
}

/** Starts a process and returns at once; `result` settles after its cleanup. */
export function startProcess(
  run: Run,
  definition: Definition,
  args: readonly unknown[],
  parent: Scope | null,
  mode: 'call' | 'spawn',
): ProcessScope {
  const { name } = definition
  const nth = parent ? parent.ordinal(`process ${name}`) : 0
  const image = definition.image ?? parent?.process?.image ?? run.defaultImage
  const process = createProcessScope(run, name, `${parent?.path ?? ''}/${name}#${nth}`, parent?.process ?? null, image)
  run.root ??= process
  if (parent) process.scope.site = run.siteNow?.() ?? null
  output(process.scope, 'process_spawned', { process: name, args: args.map(toJson), mode })
  parent?.process?.children.add(process)
  // Only a log that died in the middle of the end throws here; the process then ends without a word in the log.
  live(process, definition, args).catch((error: unknown) => process.result.reject(error))
  return process
}

type End =
  | { readonly kind: 'done'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'cancelled'; readonly error: ExecutionCancelled }

async function live(process: ProcessScope, definition: Definition, args: readonly unknown[]): Promise<void> {
  const { timeoutMs } = definition
  const disarm = timeoutMs === undefined ? () => {} : armTimeout(process, timeoutMs)
  const ended = await body(process, definition, args)
  disarm()
  await cleanUp(process)
  const end = recorded(process, ended)
  process.phase = 'closed'
  process.parent?.children.delete(process)
  process.events.close()
  if (end.kind === 'done') process.result.resolve(end.value)
  else process.result.reject(end.error)
}

function armTimeout(process: ProcessScope, timeoutMs: number): () => void {
  return armTimer(process, process.scope, 'timeout', timeoutMs, () => interrupt(process, new ProcessTimeout(process.name, timeoutMs)))
}

async function body(process: ProcessScope, definition: Definition, args: readonly unknown[]): Promise<End> {
  try {
    const running = within(process.scope, async () => definition.fn(...args))
    return { kind: 'done', value: await Promise.race([running, process.interrupted.promise]) }
  } catch (error) {
    const own = error === process.interruptedBy && error instanceof ExecutionCancelled
    return own ? { kind: 'cancelled', error } : { kind: 'failed', error }
  }
}

async function cleanUp(process: ProcessScope): Promise<void> {
  // Handlers that were about to answer their agent get to do so.
  await quiet(process.scope.run)
  process.phase = 'closing'
  const children = [...process.children]
  for (const child of children) interrupt(child, new ExecutionCancelled('its parent ended', 'parent'))
  await Promise.allSettled(children.map((child) => child.result.promise))
  const closed = scopeClosed('It', process.scope.path)
  rejectAll(process, process.interruptedBy ?? closed)
  process.verdict.reject(closed)
  if (!process.abort.signal.aborted) process.abort.abort(closed)
  for (const agent of process.agents.values()) agent.ready.reject(closed)
  await Promise.all([...process.agents.values()].map(retireAgent))
  for (const machine of process.machines) retireMachine(machine)
}

/** Records how a process ended; one whose result is too large for the log has failed. */
function recorded(process: ProcessScope, end: End): End {
  try {
    record(process, end)
    return end
  } catch (error) {
    if (!isTooLarge(error)) throw error
    const failed: End = { kind: 'failed', error }
    record(process, failed)
    return failed
  }
}

function record(process: ProcessScope, end: End): void {
  const { scope, events } = process
  switch (end.kind) {
    case 'done':
      output(scope, 'process_done', { result: toJson(end.value) })
      events.push({ type: 'done', data: end.value, source: null }, null)
      return
    case 'failed': {
      const error = errorData(end.error)
      output(scope, 'process_failed', { error }, { site: scope.run.siteNow && errorSite(end.error) })
      events.push({ type: 'failed', data: error.message, source: null }, null)
      return
    }
    case 'cancelled':
      output(scope, 'process_cancelled', { reason: end.error.reason, by: end.error.by })
      events.push({ type: 'cancelled', data: null, source: null }, null)
  }
}

/** How the run ended, from how its root did. */
export function outcomeOf(root: ProcessScope, error: unknown): { outcome: 'failed' | 'cancelled' | 'timed_out'; error: ErrorData } {
  const own = error === root.interruptedBy
  const outcome = own && error instanceof ExecutionCancelled ? 'cancelled' : own && error instanceof ProcessTimeout ? 'timed_out' : 'failed'
  return { outcome, error: errorData(error) }
}
