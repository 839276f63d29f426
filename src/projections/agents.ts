import { fieldOf } from '../log/entry-field.ts'
import { type Entry, type EntryOf, EVENT_TYPES, type EventType } from '../log/events.ts'
import { emptyHistogram, type Histogram, observe } from './histogram.ts'
import { msOfEntry } from './moment.ts'
import { type Owned, projection } from './projection.ts'
import { retainEnded, revive } from './retain.ts'
import { processOf } from './scope.ts'

/** A call that was started and has not been answered. */
export interface OpenTool {
  readonly tool: string
  readonly seq: number
  readonly since: string
}

export interface AgentExitState {
  readonly cause: string
  readonly by: string
  readonly code: number | null
  readonly signal: string | null
  readonly message: string | null
  readonly seq: number
  readonly time: string
}

/** How often an agent is heard of while it is at work. */
export interface AgentHeard {
  /** The last entry that came from the agent itself; that of its creation until there is one. */
  readonly lastSeq: number
  /** When that was, ms since 1970. */
  readonly lastMs: number
  /** Between two entries of its own while it had something to do. */
  readonly gaps: Histogram
  /** True while it waits for somebody else: its next word may take any time. */
  readonly isResting: boolean
}

export interface AgentState {
  readonly name: string
  readonly driver: string
  readonly model: string | null
  readonly machine: string
  /** Where it was created, and the process that owns it. */
  readonly scope: string
  readonly process: string | null
  readonly tmuxSession: string | null
  readonly pid: number | null
  readonly state: 'created' | 'registered' | 'idle' | 'working' | 'leaving' | 'disconnected' | 'exited'
  /** True between `turn_start` and `turn_end`. */
  readonly inTurn: boolean
  readonly exit: AgentExitState | null
  readonly createdAt: string
  readonly createdSeq: number
  /** Calls of the run's tools that are in flight, by call id, oldest first. */
  readonly openTools: ReadonlyMap<string, OpenTool>
  /** The same of tools of its own: the newest 200. */
  readonly ownTools: ReadonlyMap<string, OpenTool>
  /** Tools of its own that it never ended and that others have taken the place of. */
  readonly droppedTools: number
  readonly toolCalls: { readonly ok: number; readonly failed: number }
  readonly messages: { readonly sent: number; readonly applied: number }
  /** Messages sent and not yet applied, by `aseq`. */
  readonly unapplied: ReadonlyMap<number, { readonly seq: number; readonly since: string }>
  /** What it says of itself; null when it has exited. */
  readonly heard: AgentHeard | null
  /** The last entry of its stream, whoever wrote it. */
  readonly lastSeq: number
  /** When that was, ms since 1970. */
  readonly lastMs: number
}

/** Every agent by name, in order of creation. The oldest exited ones are dropped after a thousand, and counted. */
export interface AgentsState {
  readonly byName: ReadonlyMap<string, AgentState>
  readonly droppedCount: number
  readonly ended: readonly string[]
  /** Paths of processes that have not ended: what owns an agent. */
  readonly processes: ReadonlyMap<string, true>
}

export const agents = projection<AgentsState>({
  name: 'agents',
  version: 4,
  initial: () => ({ byName: new Map(), droppedCount: 0, ended: [], processes: new Map() }),
  each: (type) => takenBy(MEANINGS.get(type)),
  on: {
    agent_created: create,
    process_spawned: (state, { scope }) => void state.processes.set(scope, true),
    process_done: (state, { scope }) => void state.processes.delete(scope),
    process_failed: (state, { scope }) => void state.processes.delete(scope),
    process_cancelled: (state, { scope }) => void state.processes.delete(scope),
  },
})

/** The newest call in flight: what the agent is busy with, or null. */
export function currentTool({ openTools, ownTools }: AgentState): OpenTool | null {
  const newest = (tools: Iterable<OpenTool>): OpenTool | null => [...tools].reduce<OpenTool | null>(later, null)
  return later(newest(openTools.values()), newest(ownTools.values()))
}

function later(left: OpenTool | null, right: OpenTool | null): OpenTool | null {
  return left === null || (right !== null && right.seq >= left.seq) ? right : left
}

/** What an entry of some type means for its agent. */
interface Meaning {
  /** An agent that says so waits: for a message, or for the answer of the program. */
  readonly isRest: boolean
  readonly advance: Advance | null
}

type Advance = (agent: Owned<AgentState>, entry: never, state: Owned<AgentsState>) => void

const RESTS: readonly EventType[] = ['register', 'turn_end', 'tool_call', 'disconnected']

const ADVANCES: { readonly [T in EventType]?: (agent: Owned<AgentState>, entry: EntryOf<T>, state: Owned<AgentsState>) => void } = {
  agent_spawned(agent, { data }) {
    agent.tmuxSession = data.tmux_session
    // What really runs it: the program may have left the choice to the runtime.
    agent.driver = data.driver
    agent.pid = data.pid ?? agent.pid
  },
  register(agent, { data }) {
    agent.pid = data.pid ?? agent.pid
  },
  registered(agent) {
    if (agent.state !== 'leaving') agent.state = isBusy(agent) ? 'working' : 'registered'
  },
  turn_start(agent) {
    agent.inTurn = true
    settle(agent)
  },
  turn_end(agent) {
    agent.inTurn = false
    settle(agent)
  },
  tool_call: (agent, entry) => open(agent, agent.openTools, fieldOf(entry, 'call_id'), fieldOf(entry, 'tool'), entry),
  tool_result(agent, entry) {
    if (!agent.openTools.delete(fieldOf(entry, 'call_id'))) return
    agent.toolCalls[fieldOf(entry, 'error') === undefined ? 'ok' : 'failed'] += 1
    settle(agent)
  },
  pi_tool_start(agent, entry) {
    open(agent, agent.ownTools, textOf(fieldOf(entry, 'tool_call_id')), textOf(fieldOf(entry, 'tool') ?? 'tool'), entry)
    if (agent.ownTools.size > OWN_TOOLS_MAX) dropOldest(agent)
  },
  // Not counted: only what the program answered says how the work goes.
  pi_tool_end(agent, entry) {
    if (agent.ownTools.delete(textOf(fieldOf(entry, 'tool_call_id')))) settle(agent)
  },
  message(agent, { aseq, seq, time }) {
    agent.messages.sent += 1
    if (aseq !== undefined) agent.unapplied.set(aseq, { seq, since: time })
  },
  message_applied(agent, entry) {
    if (agent.unapplied.delete(fieldOf(entry, 'aseq'))) agent.messages.applied += 1
  },
  shutdown(agent) {
    agent.state = 'leaving'
  },
  disconnected(agent) {
    // Whoever was asked to leave goes: that is no lost connection.
    if (agent.state !== 'leaving') agent.state = 'disconnected'
  },
  agent_exited: exit,
}

/** Types of the future mean nothing. */
const MEANINGS: ReadonlyMap<string, Meaning> = new Map(
  // Each is only called with entries of its own type.
  EVENT_TYPES.map((type) => [type, { isRest: RESTS.includes(type), advance: (ADVANCES[type] ?? null) as Advance | null }]),
)

function takenBy(meaning: Meaning | undefined): (state: Owned<AgentsState>, entry: Entry) => void {
  return (state, entry) => {
    const agent = entry.agent === undefined ? undefined : state.byName.get(entry.agent)
    if (!agent) return
    agent.lastSeq = entry.seq
    agent.lastMs = msOfEntry(entry, agent.lastMs)
    // A late word of one that has exited changes nothing else.
    if (meaning === undefined || agent.state === 'exited') return
    if (entry.by === 'world' && agent.heard !== null) hear(agent.heard, entry.seq, agent.lastMs, meaning.isRest)
    meaning.advance?.(agent, entry as never, state)
  }
}

function hear(heard: Owned<AgentHeard>, seq: number, ms: number, isRest: boolean): void {
  if (!heard.isResting) observe(heard.gaps, ms - heard.lastMs)
  heard.lastSeq = seq
  heard.lastMs = ms
  heard.isResting = isRest
}

/** A new agent of an old name begins anew. */
function create(state: Owned<AgentsState>, entry: EntryOf<'agent_created'>): void {
  const { agent: name, data, scope, seq, time } = entry
  if (name === undefined) return
  const ms = msOfEntry(entry, 0)
  revive(state.ended, name)
  state.byName.delete(name)
  state.byName.set(name, {
    name,
    driver: data.driver,
    model: data.model,
    machine: data.machine,
    scope,
    process: processOf(scope, (path) => state.processes.has(path)),
    tmuxSession: null,
    pid: null,
    state: 'created',
    inTurn: false,
    exit: null,
    createdAt: time,
    createdSeq: seq,
    openTools: new Map(),
    ownTools: new Map(),
    droppedTools: 0,
    toolCalls: { ok: 0, failed: 0 },
    messages: { sent: 0, applied: 0 },
    unapplied: new Map(),
    // Until its first own word it has nothing to do.
    heard: { lastSeq: seq, lastMs: ms, gaps: emptyHistogram(), isResting: true },
    lastSeq: seq,
    lastMs: ms,
  })
}

/** The same call id twice is one call, whoever resent it. */
function open(agent: Owned<AgentState>, tools: Map<string, Owned<OpenTool>>, id: string, tool: string, { seq, time }: Entry): void {
  if (tools.has(id)) return
  tools.set(id, { tool, seq, since: time })
  settle(agent)
}

const OWN_TOOLS_MAX = 200

function dropOldest(agent: Owned<AgentState>): void {
  const [oldest] = agent.ownTools.keys()
  if (oldest !== undefined && agent.ownTools.delete(oldest)) agent.droppedTools += 1
}

function settle(agent: Owned<AgentState>): void {
  if (agent.state !== 'disconnected' && agent.state !== 'leaving') agent.state = isBusy(agent) ? 'working' : 'idle'
}

function isBusy({ inTurn, openTools, ownTools }: Owned<AgentState>): boolean {
  return inTurn || openTools.size > 0 || ownTools.size > 0
}

/** An agent reports in its own words. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : String(value)
}

function exit(agent: Owned<AgentState>, entry: EntryOf<'agent_exited'>, state: Owned<AgentsState>): void {
  const { cause, by, code, signal, message } = entry.data
  agent.state = 'exited'
  agent.inTurn = false
  agent.exit = { cause, by, code: code ?? null, signal: signal ?? null, message: message ?? null, seq: entry.seq, time: entry.time }
  agent.heard = null
  agent.openTools.clear()
  agent.ownTools.clear()
  agent.unapplied.clear()
  const oldest = retainEnded(state.ended, agent.name)
  if (oldest === undefined) return
  state.byName.delete(oldest)
  state.droppedCount += 1
}
