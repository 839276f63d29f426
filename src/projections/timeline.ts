import type { Entry } from '../log/events.ts'
import { type Owned, projection } from './projection.ts'
import { retainEnded, revive } from './retain.ts'
import { elapsedMs } from './scope.ts'

/** A stretch of an agent's time, in milliseconds since the run started. */
export interface Segment {
  readonly kind: 'turn' | 'tool' | 'own_tool'
  readonly label: string
  readonly seq: number
  readonly fromMs: number
  readonly toMs: number
  /** Null when it was neither confirmed nor refused: a turn, an agent that exited in the middle. */
  readonly ok: boolean | null
}

export interface Lane {
  readonly agent: string
  readonly fromMs: number
  readonly toMs: number | null
  /** The newest ones, in order of their end. */
  readonly segments: readonly Segment[]
  readonly droppedCount: number
  /** What has not ended; of its own tools the newest 200. */
  readonly open: ReadonlyMap<string, Omit<Segment, 'toMs' | 'ok'>>
}

/**
 * Who did what when. The run keeps its newest thousand ended lanes; a lane keeps its newest 500 segments, and 20 of them once fifty others
 * have ended after it.
 */
export interface TimelineState {
  readonly startedAt: string | null
  readonly lastMs: number
  readonly lanes: ReadonlyMap<string, Lane>
  readonly ended: readonly string[]
}

export const timeline = projection<TimelineState>({
  name: 'timeline',
  version: 2,
  initial: () => ({ startedAt: null, lastMs: 0, lanes: new Map(), ended: [] }),
  apply,
})

const SEGMENTS_MAX = 500
const [WHOLE_ENDED_MAX, OLD_SEGMENTS_MAX] = [50, 20]
const OPEN_MAX = 200

function apply(state: Owned<TimelineState>, entry: Entry): void {
  state.startedAt ??= entry.time
  state.lastMs = elapsedMs(state.startedAt, entry.time)
  if (entry.agent === undefined) return
  if (entry.type === 'agent_created') {
    revive(state.ended, entry.agent)
    const lane = { agent: entry.agent, fromMs: state.lastMs, toMs: null, segments: [], droppedCount: 0, open: new Map() }
    state.lanes.set(entry.agent, lane)
    return
  }
  const lane = state.lanes.get(entry.agent)
  if (lane && lane.toMs === null) applyToLane(state, lane, entry)
}

function applyToLane(state: Owned<TimelineState>, lane: Owned<Lane>, entry: Entry): void {
  const at = { seq: entry.seq, fromMs: state.lastMs }
  switch (entry.type) {
    case 'turn_start':
      return open(lane, 'turn', { kind: 'turn', label: 'turn', ...at })
    case 'turn_end':
      return close(lane, 'turn', state.lastMs, null)
    case 'tool_call':
      return open(lane, `tool ${entry.data.call_id}`, { kind: 'tool', label: entry.data.tool, ...at })
    case 'tool_result':
      return close(lane, `tool ${entry.data.call_id}`, state.lastMs, entry.data.error === undefined)
    case 'pi_tool_start':
      open(lane, `own ${String(entry.data.tool_call_id)}`, { kind: 'own_tool', label: String(entry.data.tool ?? 'tool'), ...at })
      return closeForgotten(lane, state.lastMs)
    case 'pi_tool_end':
      return close(lane, `own ${String(entry.data.tool_call_id)}`, state.lastMs, entry.data.is_error !== true)
    case 'agent_exited':
      return end(state, lane)
    default:
  }
}

function open(lane: Owned<Lane>, key: string, segment: Omit<Segment, 'toMs' | 'ok'>): void {
  if (!lane.open.has(key)) lane.open.set(key, segment)
}

function close(lane: Owned<Lane>, key: string, toMs: number, ok: boolean | null): void {
  const segment = lane.open.get(key)
  if (!segment) return
  lane.open.delete(key)
  lane.segments.push({ ...segment, toMs, ok })
  shorten(lane, SEGMENTS_MAX)
}

function shorten(lane: Owned<Lane>, max: number): void {
  const surplus = lane.segments.length - max
  if (surplus <= 0) return
  lane.segments.splice(0, surplus)
  lane.droppedCount += surplus
}

/** A tool of its own that never ends is over when so many others have begun. */
function closeForgotten(lane: Owned<Lane>, toMs: number): void {
  if (lane.open.size <= OPEN_MAX) return
  const oldest = [...lane.open].find(([, { kind }]) => kind === 'own_tool')
  if (oldest) close(lane, oldest[0], toMs, null)
}

function end(state: Owned<TimelineState>, lane: Owned<Lane>): void {
  for (const key of [...lane.open.keys()]) close(lane, key, state.lastMs, null)
  lane.toMs = state.lastMs
  state.lanes.delete(retainEnded(state.ended, lane.agent) ?? '')
  const old = state.lanes.get(state.ended[state.ended.length - 1 - WHOLE_ENDED_MAX] ?? '')
  if (old) shorten(old, OLD_SEGMENTS_MAX)
}
