import type { EntryOf, EventType } from '../log/events.ts'
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
  each:
    () =>
    (state, { time }) => {
      state.startedAt ??= time
      state.lastMs = elapsedMs(state.startedAt, time)
    },
  on: {
    agent_created: created,
    turn_start: inLane((lane, { seq }, fromMs) => open(lane, 'turn', { kind: 'turn', label: 'turn', seq, fromMs })),
    turn_end: inLane((lane, _entry, toMs) => close(lane, 'turn', toMs, null)),
    tool_call: inLane<'tool_call'>((lane, { data, seq }, fromMs) =>
      open(lane, `tool ${data.call_id}`, { kind: 'tool', label: data.tool, seq, fromMs }),
    ),
    tool_result: inLane<'tool_result'>((lane, { data }, toMs) => close(lane, `tool ${data.call_id}`, toMs, data.error === undefined)),
    pi_tool_start: inLane<'pi_tool_start'>((lane, { data, seq }, fromMs) => {
      open(lane, `own ${String(data['tool_call_id'])}`, { kind: 'own_tool', label: String(data['tool'] ?? 'tool'), seq, fromMs })
      closeForgotten(lane, fromMs)
    }),
    pi_tool_end: inLane<'pi_tool_end'>((lane, { data }, toMs) =>
      close(lane, `own ${String(data['tool_call_id'])}`, toMs, data['is_error'] !== true),
    ),
    agent_exited: inLane((lane, _entry, _atMs, state) => end(state, lane)),
  },
})

const SEGMENTS_MAX = 500
const [WHOLE_ENDED_MAX, OLD_SEGMENTS_MAX] = [50, 20]
const OPEN_MAX = 200

function created(state: Owned<TimelineState>, { agent }: EntryOf<'agent_created'>): void {
  if (agent === undefined) return
  revive(state.ended, agent)
  state.lanes.set(agent, { agent, fromMs: state.lastMs, toMs: null, segments: [], droppedCount: 0, open: new Map() })
}

type LaneChange<T extends EventType> = (lane: Owned<Lane>, entry: EntryOf<T>, atMs: number, state: Owned<TimelineState>) => void

/** A change of the lane of the entry's agent, while there is one that has not ended. */
function inLane<T extends EventType>(change: LaneChange<T>): (state: Owned<TimelineState>, entry: EntryOf<T>) => void {
  return (state, entry) => {
    const lane = entry.agent === undefined ? undefined : state.lanes.get(entry.agent)
    if (lane && lane.toMs === null) change(lane, entry, state.lastMs, state)
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
