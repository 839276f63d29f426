import type { BrokenProperty, Entry, EntryOf, ErrorData, Json, Outcome } from '../log/events.ts'
import { msOfEntry, textOfMs } from './moment.ts'
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
  /** When that was, ms since 1970; 0 while there is none. */
  readonly lastMs: number
}

export const run = projection<RunState>({
  name: 'run',
  version: 3,
  initial,
  each: () => count,
  on: {
    run_started(state, entry) {
      const { v, server_url, code: _code, flags: _flags, seed: _seed, tz: _tz, node_started_at: _began, ...header } = entry.data
      Object.assign(state, header, { formatVersion: v, serverUrl: server_url, startedAt: entry.time })
    },
    process_spawned(state) {
      if (state.status === 'starting') state.status = 'running'
    },
    run_ended: ended,
    run_resumed(state) {
      state.resumes += 1
      reopen(state)
    },
    log_repaired(state) {
      state.repairs += 1
    },
    stop_requested(state, { data, seq, time }) {
      state.stopRequested = { caller: data.caller, reason: data.reason ?? null, seq, time }
    },
  },
})

/** The time of the last entry, or null while there is none. */
export function lastTimeOf({ lastSeq, lastMs }: RunState): string | null {
  return lastSeq === 0 ? null : textOfMs(lastMs)
}

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
    lastMs: 0,
  }
}

function count(state: Owned<RunState>, entry: Entry): void {
  state.eventsCount += 1
  state.lastSeq = entry.seq
  state.lastMs = msOfEntry(entry, state.lastMs)
}

function ended(state: Owned<RunState>, { data, time }: EntryOf<'run_ended'>): void {
  if (typeof data.outcome !== 'string') throw new TypeError('A run ends with an outcome.')
  state.status = data.outcome
  state.endedAt = time
  state.durationMs = data.duration_ms
  if (data.result !== undefined) state.result = data.result
  if (data.error !== undefined) state.error = data.error
}

function reopen(state: Owned<RunState>): void {
  state.status = 'running'
  state.endedAt = null
  state.durationMs = null
  state.stopRequested = null
  delete state.result
  delete state.error
}
