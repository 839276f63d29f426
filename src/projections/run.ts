import type { BrokenProperty, Entry, ErrorData, Json, Outcome } from '../log/events.ts'
import { type Owned, projection } from './projection.ts'

/** The run as a whole. What its log has not said yet is null. */
export interface RunState {
  /** `starting` until the root process is spawned, then `running`, then how it ended. A log alone never says `orphaned`. */
  readonly status: 'starting' | 'running' | Outcome
  readonly run: string | null
  readonly formatVersion: number | null
  readonly ramure: string | null
  readonly process: string | null
  readonly args: readonly Json[]
  readonly summary: string | null
  readonly program: string | null
  readonly argv: readonly string[]
  readonly cwd: string | null
  readonly pid: number | null
  readonly host: string | null
  readonly node: string | null
  readonly serverUrl: string | null
  readonly parent: { readonly run: string; readonly seq: number } | null
  /** Of a run that a property test kept: what does not hold of it; else null. */
  readonly counterexample: BrokenProperty | null
  readonly startedAt: string | null
  readonly endedAt: string | null
  readonly durationMs: number | null
  /** What the root returned; absent unless it completed. */
  readonly result?: Json
  readonly error?: ErrorData
  readonly stopRequested: { readonly caller: string; readonly reason: string | null; readonly seq: number; readonly time: string } | null
  readonly resumes: number
  readonly repairs: number
  /** How many entries were applied: the run's events. */
  readonly eventsCount: number
  readonly lastSeq: number
  readonly lastTime: string | null
}

export const run = projection<RunState>({ name: 'run', version: 2, initial, apply })

function initial(): Owned<RunState> {
  return {
    status: 'starting',
    run: null,
    formatVersion: null,
    ramure: null,
    process: null,
    args: [],
    summary: null,
    program: null,
    argv: [],
    cwd: null,
    pid: null,
    host: null,
    node: null,
    serverUrl: null,
    parent: null,
    counterexample: null,
    startedAt: null,
    endedAt: null,
    durationMs: null,
    stopRequested: null,
    resumes: 0,
    repairs: 0,
    eventsCount: 0,
    lastSeq: 0,
    lastTime: null,
  }
}

function apply(state: Owned<RunState>, entry: Entry): void {
  state.eventsCount += 1
  state.lastSeq = entry.seq
  state.lastTime = entry.time
  switch (entry.type) {
    case 'run_started': {
      const { v, server_url, code: _code, flags: _flags, seed: _seed, tz: _tz, node_started_at: _began, ...header } = entry.data
      Object.assign(state, header, { formatVersion: v, serverUrl: server_url, startedAt: entry.time })
      return
    }
    case 'process_spawned':
      if (state.status === 'starting') state.status = 'running'
      return
    case 'run_ended':
      state.status = entry.data.outcome
      state.endedAt = entry.time
      state.durationMs = entry.data.duration_ms
      if (entry.data.result !== undefined) state.result = entry.data.result
      if (entry.data.error !== undefined) state.error = entry.data.error
      return
    case 'run_resumed':
      state.resumes += 1
      reopen(state)
      return
    case 'log_repaired':
      state.repairs += 1
      return
    case 'stop_requested':
      state.stopRequested = { caller: entry.data.caller, reason: entry.data.reason ?? null, seq: entry.seq, time: entry.time }
      return
    default:
  }
}

function reopen(state: Owned<RunState>): void {
  state.status = 'running'
  state.endedAt = null
  state.durationMs = null
  state.stopRequested = null
  delete state.result
  delete state.error
}
