import type { Entry, EntryOf } from '../log/events.ts'
import { type Owned, projection } from './projection.ts'
import { retainEnded, revive } from './retain.ts'
import { parentPath, processOf } from './scope.ts'

export interface ProcessState {
  /** Its scope path, which is its name in every other state. */
  readonly path: string
  readonly process: string
  readonly mode: 'call' | 'spawn'
  readonly parent: string | null
  readonly children: readonly string[]
  /** How many agents were created in its own scopes, not in those of its children. */
  readonly agentsCount: number
  readonly state: 'running' | 'done' | 'failed' | 'cancelled'
  /** Why it failed or was cancelled, at most 2,000 characters. */
  readonly reason?: string
  readonly startedAt: string
  /** The entry that holds its arguments. */
  readonly startedSeq: number
  readonly endedAt: string | null
  /** The entry that holds its result or its whole error. */
  readonly endedSeq: number | null
  readonly emitsCount: number
}

/** The tree of processes, by path. The oldest ended ones are dropped after a thousand, and counted. */
export interface ProcessesState {
  readonly byPath: ReadonlyMap<string, ProcessState>
  readonly roots: readonly string[]
  readonly counts: { readonly running: number; readonly done: number; readonly failed: number; readonly cancelled: number }
  readonly droppedCount: number
  /** Ended and still kept, oldest first. */
  readonly ended: readonly string[]
}

export const processes = projection<ProcessesState>({
  name: 'processes',
  version: 2,
  initial: () => ({
    byPath: new Map(),
    roots: [],
    counts: { running: 0, done: 0, failed: 0, cancelled: 0 },
    droppedCount: 0,
    ended: [],
  }),
  on: {
    process_spawned: spawned,
    process_done: (state, entry) => end(state, entry, 'done'),
    process_failed: (state, entry) => end(state, entry, 'failed', entry.data.error.message),
    process_cancelled: (state, entry) => end(state, entry, 'cancelled', entry.data.reason),
    emit(state, { scope }) {
      const process = owner(state, scope)
      if (process) process.emitsCount += 1
    },
    agent_created(state, { scope }) {
      const process = owner(state, scope)
      if (process) process.agentsCount += 1
    },
  },
})

function owner(state: Owned<ProcessesState>, scope: string): Owned<ProcessState> | undefined {
  const path = processOf(scope, (candidate) => state.byPath.has(candidate))
  return path === null ? undefined : state.byPath.get(path)
}

function spawned(state: Owned<ProcessesState>, entry: EntryOf<'process_spawned'>): void {
  if (state.byPath.has(entry.scope)) return
  const above = owner(state, parentPath(entry.scope))
  const siblings = above ? above.children : state.roots
  siblings.push(entry.scope)
  state.counts.running += 1
  state.byPath.set(entry.scope, {
    path: entry.scope,
    process: entry.data.process,
    mode: entry.data.mode,
    parent: above?.path ?? null,
    children: [],
    agentsCount: 0,
    state: 'running',
    startedAt: entry.time,
    startedSeq: entry.seq,
    endedAt: null,
    endedSeq: null,
    emitsCount: 0,
  })
  revive(state.ended, entry.scope)
}

const REASON_CHARS_MAX = 2000

/** The first outcome wins: what is logged about an ended process later changes nothing. */
function end(state: Owned<ProcessesState>, entry: Entry, outcome: 'done' | 'failed' | 'cancelled', reason?: string): void {
  const process = state.byPath.get(entry.scope)
  if (!process || process.state !== 'running') return
  // First: what is no text throws, and then nothing has changed.
  if (reason !== undefined) process.reason = reason.slice(0, REASON_CHARS_MAX)
  process.state = outcome
  process.endedAt = entry.time
  process.endedSeq = entry.seq
  state.counts.running -= 1
  state.counts[outcome] += 1
  const oldest = retainEnded(state.ended, entry.scope)
  if (oldest !== undefined) forget(state, oldest)
}

/** Children outlive a forgotten parent in the map; they move up to its parent. */
function forget(state: Owned<ProcessesState>, path: string): void {
  const process = state.byPath.get(path)
  if (!process) return
  state.byPath.delete(path)
  state.droppedCount += 1
  const siblings = (process.parent === null ? undefined : state.byPath.get(process.parent)?.children) ?? state.roots
  siblings.splice(siblings.indexOf(path), 1, ...process.children)
  for (const child of process.children) {
    const below = state.byPath.get(child)
    if (below) below.parent = process.parent
  }
}
