import type { Definition, EntryOf, Json } from '../log/events.ts'
import { emptyHistogram, type Histogram, observe } from './histogram.ts'
import { type Owned, projection } from './projection.ts'
import { processOf } from './scope.ts'

export interface EndpointState {
  readonly name: string
  /** Path of the process that answers it. */
  readonly process: string
  readonly definition: Definition
  readonly calls: { readonly ok: number; readonly failed: number; readonly open: number }
  readonly latency: Histogram
  readonly lastCaller: string | null
}

/** What can be called from outside, per process that has not ended and of the roots for ever. */
export interface EndpointsState {
  readonly byProcess: ReadonlyMap<string, ReadonlyMap<string, EndpointState>>
  readonly roots: readonly string[]
  /** Calls in flight to endpoints that are kept: the process that answers each. */
  readonly open: ReadonlyMap<string, { readonly process: string; readonly endpoint: string }>
  /** Calls for endpoints that nobody has exposed. */
  readonly unknownCount: number
}

export const endpoints = projection<EndpointsState>({
  name: 'endpoints',
  version: 2,
  initial: () => ({ byProcess: new Map(), roots: [], open: new Map(), unknownCount: 0 }),
  on: {
    process_spawned: spawned,
    process_done: (state, { scope }) => ended(state, scope),
    process_failed: (state, { scope }) => ended(state, scope),
    process_cancelled: (state, { scope }) => ended(state, scope),
    endpoint_exposed: expose,
    endpoint_called: called,
    endpoint_returned: returned,
  },
})

/** Every endpoint that is kept, in order of process and exposure. */
export function allEndpoints(state: EndpointsState): readonly EndpointState[] {
  return [...state.byProcess.values()].flatMap((byName) => [...byName.values()])
}

function spawned(state: Owned<EndpointsState>, { scope }: EntryOf<'process_spawned'>): void {
  if (processOf(scope, (path) => state.byProcess.has(path)) === null) state.roots.push(scope)
  if (!state.byProcess.has(scope)) state.byProcess.set(scope, new Map())
}

function ended(state: Owned<EndpointsState>, path: string): void {
  if (state.roots.includes(path)) return
  state.byProcess.delete(path)
  for (const [id, { process }] of state.open) if (process === path) state.open.delete(id)
}

function expose(state: Owned<EndpointsState>, entry: EntryOf<'endpoint_exposed'>): void {
  const process = processOf(entry.scope, (path) => state.byProcess.has(path))
  if (process === null) return
  // The definition is JSON of the log and is never written to.
  const definition = entry.data.definition as Definition & Owned<Json>
  state.byProcess.get(process)?.set(entry.data.endpoint, {
    name: entry.data.endpoint,
    process,
    definition,
    calls: { ok: 0, failed: 0, open: 0 },
    latency: emptyHistogram(),
    lastCaller: null,
  })
}

function called(state: Owned<EndpointsState>, entry: EntryOf<'endpoint_called'>): void {
  const process = processOf(entry.scope, (path) => state.byProcess.get(path)?.has(entry.data.endpoint) === true)
  const endpoint = process === null ? undefined : state.byProcess.get(process)?.get(entry.data.endpoint)
  if (!endpoint || process === null) {
    state.unknownCount += 1
    return
  }
  if (state.open.has(entry.data.call_id)) return
  state.open.set(entry.data.call_id, { process, endpoint: entry.data.endpoint })
  endpoint.calls.open += 1
  endpoint.lastCaller = entry.data.caller
}

function returned(state: Owned<EndpointsState>, entry: EntryOf<'endpoint_returned'>): void {
  const open = state.open.get(entry.data.call_id)
  if (!open) return
  state.open.delete(entry.data.call_id)
  const endpoint = state.byProcess.get(open.process)?.get(open.endpoint)
  if (!endpoint) return
  endpoint.calls.open -= 1
  endpoint.calls[entry.data.ok ? 'ok' : 'failed'] += 1
  observe(endpoint.latency, entry.data.duration_ms)
}
