/** One running process: what it owns, what it awaits, and the one way it ends. */
import type { Image } from '../machines/machine.ts'
import type { AgentRecord } from './agent-record.ts'
import { type Deferred, deferred } from './deferred.ts'
import type { Endpoint } from './endpoint.ts'
import { ExecutionCancelled } from './errors.ts'
import { endsProcess } from './floating.ts'
import type { MachineRecord } from './machine-record.ts'
import { rejectAll } from './pending.ts'
import { openProcessFeed, type ProcessFeed } from './process-events.ts'
import type { Pending, Run } from './run.ts'
import { Scope } from './scope.ts'
import { createSeqMap, type SeqMap } from './seq-map.ts'

export interface ProcessScope {
  readonly name: string
  readonly scope: Scope
  readonly parent: ProcessScope | null
  readonly image: Image
  readonly agents: Map<string, AgentRecord>
  readonly machines: Set<MachineRecord>
  readonly children: Set<ProcessScope>
  readonly endpoints: Map<string, Endpoint>
  readonly events: ProcessFeed
  /** Questions it waits for. */
  readonly pending: SeqMap<Pending>
  /** What `wait` gives: settled by the first of `done` and `fail`. */
  readonly verdict: Deferred<unknown>
  /** Rejects when the process is ended from outside of its function. */
  readonly interrupted: Deferred<never>
  /** Settles after cleanup, with what the caller gets. */
  readonly result: Deferred<unknown>
  readonly abort: AbortController
  interruptedBy: Error | null
  decided: boolean
  /** Where `wait` was called: a line, empty when lines are not looked for, null when it was not called. */
  awaitedAt: string | null
  phase: 'running' | 'closing' | 'closed'
}

export function createProcessScope(run: Run, name: string, path: string, parent: ProcessScope | null, image: Image): ProcessScope {
  const process = {
    name,
    parent,
    image,
    agents: new Map<string, AgentRecord>(),
    machines: new Set<MachineRecord>(),
    children: new Set<ProcessScope>(),
    endpoints: new Map<string, Endpoint>(),
    events: openProcessFeed(run),
    pending: createSeqMap<Pending>(),
    verdict: deferred<unknown>(),
    interrupted: deferred<never>(),
    result: deferred<unknown>(),
    abort: new AbortController(),
    interruptedBy: null,
    decided: false,
    awaitedAt: null,
    phase: 'running' as const,
  } as { -readonly [K in keyof ProcessScope]: ProcessScope[K] }
  process.scope = new Scope(run, path, process)
  return process
}

/** Ends the process from outside of its function: everything it waits for rejects with `error`. The first cause wins. */
export function interrupt(process: ProcessScope, error: Error): void {
  if (process.phase !== 'running' || process.interruptedBy) return
  process.interruptedBy = error
  endsProcess(error)
  process.verdict.reject(error)
  process.interrupted.reject(error)
  rejectAll(process, error)
  process.abort.abort(error)
  for (const agent of process.agents.values()) agent.ready.reject(error)
  for (const child of process.children) interrupt(child, new ExecutionCancelled(`its parent ended (${error.message})`, 'parent'))
}
