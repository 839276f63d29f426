import { fieldOf } from '../log/entry-field.ts'
import type { Entry, EntryOf } from '../log/events.ts'
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
  /** Calls in flight by call id, oldest first: the run's tools, and the agent's own (`pi:` before the id). */
  readonly openTools: ReadonlyMap<string, OpenTool>
  /** Tools of its own that it never ended and that others have taken the place of: the newest 200 are kept. */
  readonly droppedTools: number
  readonly toolCalls: { readonly ok: number; readonly failed: number }
  readonly messages: { readonly sent: number; readonly applied: number }
  /** Messages sent and not yet applied, by `aseq`. */
  readonly unapplied: ReadonlyMap<number, { readonly seq: number; readonly since: string }>
  readonly lastSeq: number
  readonly lastTime: string
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
  version: 3,
  initial: () => ({ byName: new Map(), droppedCount: 0, ended: [], processes: new Map() }),
  apply,
})

/** The newest call in flight: what the agent is busy with, or null. */
export function currentTool(agent: AgentState): OpenTool | null {
  let newest: OpenTool | null = null
  for (const open of agent.openTools.values()) if (newest === null || open.seq >= newest.seq) newest = open
  return newest
}

function apply(state: Owned<AgentsState>, entry: Entry): void {
  if (entry.agent !== undefined) return applyToAgent(state, entry, entry.agent)
  if (entry.type === 'process_spawned') state.processes.set(entry.scope, true)
  else if (entry.type === 'process_done' || entry.type === 'process_failed' || entry.type === 'process_cancelled') {
    state.processes.delete(entry.scope)
  }
}

function applyToAgent(state: Owned<AgentsState>, entry: Entry, name: string): void {
  if (entry.type === 'agent_created') return create(state, entry, name)
  const agent = state.byName.get(name)
  if (!agent) return
  agent.lastSeq = entry.seq
  agent.lastTime = entry.time
  if (agent.state !== 'exited') advance(state, agent, entry)
}

function create(state: Owned<AgentsState>, entry: EntryOf<'agent_created'>, name: string): void {
  revive(state.ended, name)
  state.byName.delete(name)
  state.byName.set(name, {
    name,
    driver: entry.data.driver,
    model: entry.data.model,
    machine: entry.data.machine,
    scope: entry.scope,
    process: processOf(entry.scope, (path) => state.processes.has(path)),
    tmuxSession: null,
    pid: null,
    state: 'created',
    inTurn: false,
    exit: null,
    createdAt: entry.time,
    createdSeq: entry.seq,
    openTools: new Map(),
    droppedTools: 0,
    toolCalls: { ok: 0, failed: 0 },
    messages: { sent: 0, applied: 0 },
    unapplied: new Map(),
    lastSeq: entry.seq,
    lastTime: entry.time,
  })
}

function advance(state: Owned<AgentsState>, agent: Owned<AgentState>, entry: Entry): void {
  switch (entry.type) {
    case 'agent_spawned':
      agent.tmuxSession = entry.data.tmux_session
      // What really runs it: the program may have left the choice to the runtime.
      agent.driver = entry.data.driver
      agent.pid = entry.data.pid ?? agent.pid
      return
    case 'register':
      agent.pid = entry.data.pid ?? agent.pid
      return
    case 'registered':
      if (agent.state !== 'leaving') agent.state = agent.inTurn || agent.openTools.size > 0 ? 'working' : 'registered'
      return
    case 'turn_start':
      agent.inTurn = true
      return settle(agent)
    case 'turn_end':
      agent.inTurn = false
      return settle(agent)
    case 'tool_call':
      return open(agent, fieldOf(entry, 'call_id'), fieldOf(entry, 'tool'), entry)
    case 'tool_result':
      return answered(agent, fieldOf(entry, 'call_id'), fieldOf(entry, 'error') === undefined)
    case 'pi_tool_start':
      return open(agent, `pi:${String(fieldOf(entry, 'tool_call_id'))}`, String(fieldOf(entry, 'tool') ?? 'tool'), entry)
    case 'pi_tool_end':
      return answered(agent, `pi:${String(fieldOf(entry, 'tool_call_id'))}`, null)
    case 'message':
      agent.messages.sent += 1
      if (entry.aseq !== undefined) agent.unapplied.set(entry.aseq, { seq: entry.seq, since: entry.time })
      return
    case 'message_applied':
      if (agent.unapplied.delete(fieldOf(entry, 'aseq'))) agent.messages.applied += 1
      return
    case 'shutdown':
      agent.state = 'leaving'
      return
    case 'disconnected':
      // Whoever was asked to leave goes: that is no lost connection.
      if (agent.state !== 'leaving') agent.state = 'disconnected'
      return
    case 'agent_exited':
      return exit(state, agent, entry)
    default:
  }
}

/** The same call id twice is one call, whoever resent it. */
function open(agent: Owned<AgentState>, id: string, tool: string, entry: Entry): void {
  if (agent.openTools.has(id)) return
  agent.openTools.set(id, { tool, seq: entry.seq, since: entry.time })
  settle(agent)
  if (agent.openTools.size > OPEN_TOOLS_MAX) dropOldest(agent)
}

const OPEN_TOOLS_MAX = 200

/** Of its own ones: what the program was asked is awaited for as long as it takes. */
function dropOldest(agent: Owned<AgentState>): void {
  for (const id of agent.openTools.keys()) {
    if (!id.startsWith('pi:')) continue
    agent.openTools.delete(id)
    agent.droppedTools += 1
    return
  }
}

/** An agent's own tools are not counted (`ok` null): only what the program answered says how the work goes. */
function answered(agent: Owned<AgentState>, id: string, ok: boolean | null): void {
  if (!agent.openTools.delete(id)) return
  if (ok !== null) agent.toolCalls[ok ? 'ok' : 'failed'] += 1
  settle(agent)
}

function settle(agent: Owned<AgentState>): void {
  if (agent.state !== 'disconnected' && agent.state !== 'leaving')
    agent.state = agent.inTurn || agent.openTools.size > 0 ? 'working' : 'idle'
}

function exit(state: Owned<AgentsState>, agent: Owned<AgentState>, entry: EntryOf<'agent_exited'>): void {
  const { cause, by, code, signal, message } = entry.data
  agent.state = 'exited'
  agent.inTurn = false
  agent.exit = { cause, by, code: code ?? null, signal: signal ?? null, message: message ?? null, seq: entry.seq, time: entry.time }
  agent.openTools.clear()
  agent.unapplied.clear()
  const oldest = retainEnded(state.ended, agent.name)
  if (oldest === undefined) return
  state.byName.delete(oldest)
  state.droppedCount += 1
}
