import { fieldOf } from '../log/entry-field.ts'
import type { Entry, EntryOf } from '../log/events.ts'
import { emptyHistogram, type Histogram, observe } from './histogram.ts'
import { type Owned, projection } from './projection.ts'
import { elapsedMs, processOf } from './scope.ts'

export type CallKind = 'tool' | 'endpoint' | 'exec' | 'file' | 'step' | 'timer'

/** Something that was started and has not been answered. */
export interface PendingCall {
  readonly kind: CallKind
  /** What it is about: tool, endpoint, step or timer name, command, path. */
  readonly label: string
  readonly scope: string
  readonly agent: string | null
  readonly seq: number
  readonly since: string
  /** For timers: how long it was set for. */
  readonly forMs: number | null
}

export interface FinishedCalls {
  readonly kind: CallKind
  readonly label: string
  readonly ok: number
  readonly failed: number
  readonly latency: Histogram
}

/** Calls of one tool or endpoint that failed, the newest of them, with no success since. */
export interface FailingCall {
  readonly kind: CallKind
  readonly label: string
  readonly scope: string
  readonly agent: string | null
  readonly message: string
  /** How many in a row. */
  readonly count: number
  readonly seq: number
  readonly time: string
}

/** What is in flight by name, and what is over by number. */
export interface CallsState {
  /** In order of start, of agents and processes that have not ended. */
  readonly pending: ReadonlyMap<string, PendingCall>
  /** Those whose agent or process ended before an answer. */
  readonly abandonedCount: number
  /** Paths of processes that have not ended. */
  readonly processes: ReadonlyMap<string, true>
  /** By kind and label; commands and paths share one label, and so do labels after the first 256. */
  readonly finished: ReadonlyMap<string, FinishedCalls>
  /** Tools by agent and endpoints by process whose last call failed: the newest 100, oldest first. */
  readonly failing: ReadonlyMap<string, FailingCall>
}

export const calls = projection<CallsState>({
  name: 'calls',
  version: 4,
  initial: () => ({ pending: new Map(), abandonedCount: 0, processes: new Map(), finished: new Map(), failing: new Map() }),
  on: {
    tool_call: (state, entry) => start(state, toolKey(entry), 'tool', fieldOf(entry, 'tool'), entry),
    tool_result: (state, entry) => finish(state, toolKey(entry), entry, fieldOf(entry, 'error') ?? null),
    endpoint_called: (state, entry) => start(state, `endpoint ${entry.data.call_id}`, 'endpoint', entry.data.endpoint, entry),
    endpoint_returned: (state, entry) =>
      finish(state, `endpoint ${entry.data.call_id}`, entry, entry.data.ok ? null : (entry.data.error?.message ?? 'failed')),
    exec_started: (state, entry) => start(state, `effect ${entry.seq}`, 'exec', entry.data.command, entry),
    file_read_started: (state, entry) => start(state, `effect ${entry.seq}`, 'file', entry.data.path, entry),
    file_write_started: (state, entry) => start(state, `effect ${entry.seq}`, 'file', entry.data.path, entry),
    step_started: (state, entry) => start(state, `effect ${entry.seq}`, 'step', entry.data.name, entry),
    exec_result: effectResult,
    file_read: effectResult,
    file_written: effectResult,
    step_result: effectResult,
    timer_set: (state, entry) => start(state, `timer ${entry.data.timer}`, 'timer', 'timer', entry, entry.data.ms),
    timer_fired: (state, entry) => finish(state, `timer ${entry.data.timer}`, entry, null),
    timer_cleared: (state, entry) => finish(state, `timer ${entry.data.timer}`, entry, null),
    agent_exited: (state, entry) => abandon(state, ({ kind, agent }) => kind === 'tool' && agent === entry.agent),
    process_spawned: (state, { scope }) => void state.processes.set(scope, true),
    process_done: (state, { scope }) => processEnded(state, scope),
    process_failed: (state, { scope }) => processEnded(state, scope),
    process_cancelled: (state, { scope }) => processEnded(state, scope),
  },
})

const LABELS_MAX = 256
/** Commands and paths are as many as an agent likes: kept whole they would not be bounded. */
const LABEL_CHARS_MAX = 200

type EffectResult = EntryOf<'exec_result' | 'file_read' | 'file_written' | 'step_result'>

function effectResult(state: Owned<CallsState>, entry: EffectResult): void {
  finish(state, `effect ${entry.cause}`, entry, 'error' in entry.data ? entry.data.error.message : null)
}

function toolKey(entry: EntryOf<'tool_call'> | EntryOf<'tool_result'>): string {
  return `tool ${entry.agent ?? ''} ${fieldOf(entry, 'call_id')}`
}

/** The same key twice is one call: clients send again what they are not sure of. */
function start(state: Owned<CallsState>, key: string, kind: CallKind, label: string, entry: Entry, forMs: number | null = null): void {
  if (state.pending.has(key)) return
  const short = label.length > LABEL_CHARS_MAX ? `${label.slice(0, LABEL_CHARS_MAX)}…` : label
  const { scope, agent = null, seq, time: since } = entry
  state.pending.set(key, { kind, label: short, scope, agent, seq, since, forMs })
}

/** @param error what it failed with; null when it did not. */
function finish(state: Owned<CallsState>, key: string, entry: Entry, error: string | null): void {
  const call = state.pending.get(key)
  if (!call) return
  state.pending.delete(key)
  const finished = finishedOf(state, call.kind, call.label)
  finished[error === null ? 'ok' : 'failed'] += 1
  observe(finished.latency, elapsedMs(call.since, entry.time))
  if (call.kind === 'tool' || call.kind === 'endpoint') noteFailing(state, call, entry, error)
}

const FAILING_MAX = 100
const MESSAGE_CHARS_MAX = 500

/** One success is enough: whoever tries again and gets it right has no problem. */
function noteFailing(state: Owned<CallsState>, call: PendingCall, { seq, time }: Entry, error: string | null): void {
  const { kind, label, scope, agent } = call
  const key = `${kind} ${agent ?? scope} ${label}`
  const count = (state.failing.get(key)?.count ?? 0) + 1
  state.failing.delete(key)
  if (error === null) return
  state.failing.set(key, { kind, label, scope, agent, message: String(error).slice(0, MESSAGE_CHARS_MAX), count, seq, time })
  if (state.failing.size > FAILING_MAX) state.failing.delete(state.failing.keys().next().value as string)
}

function finishedOf(state: Owned<CallsState>, kind: CallKind, label: string): Owned<FinishedCalls> {
  const named = kind === 'exec' || kind === 'file' ? kind : label
  const known = state.finished.get(`${kind} ${named}`)
  if (known) return known
  const key = state.finished.size < LABELS_MAX ? named : '(other)'
  const entry = state.finished.get(`${kind} ${key}`) ?? { kind, label: key, ok: 0, failed: 0, latency: emptyHistogram() }
  state.finished.set(`${kind} ${key}`, entry)
  return entry
}

/** What it had asked for is nobody's any more, not even when the answer still comes. Processes below it go on until their own end. */
function processEnded(state: Owned<CallsState>, path: string): void {
  const isOpen = (candidate: string) => state.processes.has(candidate)
  if (isOpen(path)) abandon(state, ({ kind, scope }) => kind !== 'tool' && processOf(scope, isOpen) === path)
  state.processes.delete(path)
}

/** Nobody is left to hear the answers. */
function abandon(state: Owned<CallsState>, isNobodys: (call: PendingCall) => boolean): void {
  for (const [key, call] of state.pending) {
    if (!isNobodys(call)) continue
    state.pending.delete(key)
    state.abandonedCount += 1
  }
}
