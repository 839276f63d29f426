import { scannedMs } from '../log/entry-field.ts'
import { type Entry, EVENT_TYPES } from '../log/events.ts'
import { emptyHistogram, type Histogram, observe } from './histogram.ts'
import { msOf } from './moment.ts'
import { type Owned, projection } from './projection.ts'

/** How often an agent is heard of while it is at work. */
export interface AgentProgress {
  /** The last entry that came from the agent itself; that of its creation until there is one. */
  readonly lastSeq: number
  readonly lastTime: string
  /** The same since 1970; null when it is no time. */
  readonly lastMs: number | null
  /** Between two entries of its own while it had something to do. */
  readonly gaps: Histogram
  /** True while it waits for somebody else: its next word may take any time. */
  readonly isResting: boolean
}

/** Every agent that has not exited, by name. */
export interface ProgressState {
  readonly byAgent: ReadonlyMap<string, AgentProgress>
}

export const progress = projection<ProgressState>({ name: 'progress', version: 2, initial: () => ({ byAgent: new Map() }), apply })

/** What an agent says before it waits: for a message, or for the answer of the program. */
const RESTS: ReadonlySet<string> = new Set<Entry['type']>(['register', 'turn_end', 'tool_call', 'disconnected'])

const KNOWN: ReadonlySet<string> = new Set(EVENT_TYPES)

function apply(state: Owned<ProgressState>, entry: Entry): void {
  if (entry.agent === undefined) return
  if (entry.type === 'agent_exited') return void state.byAgent.delete(entry.agent)
  // A new agent of an old name begins anew.
  if (entry.type === 'agent_created') return begin(state, entry, entry.agent)
  if (entry.by !== 'world' || !KNOWN.has(entry.type)) return
  const known = state.byAgent.get(entry.agent)
  // A late word of one that has exited.
  if (known === undefined) return
  const ms = scannedMs(entry) ?? msOf(entry.time)
  if (!known.isResting && known.lastMs !== null) observe(known.gaps, ms - known.lastMs)
  known.lastSeq = entry.seq
  known.lastTime = entry.time
  known.lastMs = Number.isNaN(ms) ? null : ms
  known.isResting = RESTS.has(entry.type)
}

/** Until its first own word it has nothing to do. */
function begin(state: Owned<ProgressState>, { seq, time }: Entry, agent: string): void {
  state.byAgent.set(agent, { lastSeq: seq, lastTime: time, lastMs: null, gaps: emptyHistogram(), isResting: true })
}
