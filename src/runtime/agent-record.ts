/** An agent as the run knows it: what arrives from it, what it may still be told, and how it ends. */
import { errorData } from '../log/error-data.ts'
import type { Entry, EntryOf, EventData, EventType, Json } from '../log/events.ts'
import { toJson } from '../log/json.ts'
import type { Agent } from './agent.ts'
import { errorSite } from './call-site.ts'
import { disconnect } from './connect.ts'
import { type Deferred, deferred } from './deferred.ts'
import { ExecutionFailed } from './errors.ts'
import type { LongFeed } from './long-feed.ts'
import type { MachineRecord } from './machine-record.ts'
import { interrupt, type ProcessScope } from './process-scope.ts'
import { type RecentIds, recentIds } from './recent-ids.ts'
import { output } from './run.ts'
import { type Scope, within } from './scope.ts'
import type { Tool } from './tool.ts'

/** One entry of an agent's stream, without what the log adds to it. */
export interface AgentEvent {
  readonly type: string
  readonly data: unknown
}

export interface AgentRecord {
  readonly name: string
  readonly owner: ProcessScope
  readonly machine: MachineRecord
  readonly handle: Agent
  readonly tools: Map<string, Tool>
  readonly events: LongFeed<AgentEvent>
  /** Call ids seen before, so that a call sent twice is one call; the oldest are forgotten. */
  readonly calls: RecentIds
  readonly ready: Deferred<void>
  readonly exited: Deferred<EventData['agent_exited']>
  state: 'created' | 'registered' | 'shutdown' | 'exited'
  /** Set with the first `retireAgent`. */
  retired: Promise<void> | null
  /** `seq` of the last message it was sent: what its next call was probably caused by. */
  lastMessageSeq: number
}

/** Enough to recognise a client's resends; a call that old was answered long ago. */
const CALLS_REMEMBERED = 10_000

export function createAgentRecord(
  name: string,
  owner: ProcessScope,
  machine: MachineRecord,
  handle: Agent,
  events: LongFeed<AgentEvent>,
): AgentRecord {
  return {
    name,
    owner,
    machine,
    handle,
    tools: new Map(),
    events,
    calls: recentIds(CALLS_REMEMBERED),
    ready: deferred(),
    exited: deferred(),
    state: 'created',
    retired: null,
    lastMessageSeq: 0,
  }
}

/** Appends an entry to the agent's own stream. */
export function agentOutput<T extends EventType>(
  record: AgentRecord,
  scope: Scope,
  type: T,
  data: EventData[T],
  payload?: unknown,
): EntryOf<T> {
  const entry = output(scope, type, data, { agent: record.name, payload })
  if (type === 'message') record.lastMessageSeq = entry.seq
  record.events.push(eventOf(entry), entry.seq)
  return entry
}

/** Takes an input that came from the agent or about it. */
export function receive(record: AgentRecord, entry: Entry): void {
  record.events.push(eventOf(entry), entry.seq)
  if (entry.type === 'register') register(record, entry)
  else if (entry.type === 'tool_call') call(record, entry)
  else if (entry.type === 'agent_exited') exit(record, entry.data)
}

/** An entry as readers of the agent's events see it. */
export function eventOf(entry: Entry): AgentEvent {
  return entry.type === 'agent_activity' ? { type: entry.data.event, data: entry.data.data } : { type: entry.type, data: entry.data }
}

function register(record: AgentRecord, entry: EntryOf<'register'>): void {
  const { scope } = record.owner
  if (entry.data.execution_id !== scope.run.id) {
    agentOutput(record, scope, 'error', { error: 'Execution ID mismatch' })
    return
  }
  if (record.state === 'shutdown' || record.state === 'exited') return
  record.state = 'registered'
  agentOutput(record, scope, 'registered', { tools: [...record.tools.values()].map((tool) => tool.definition) })
  record.ready.resolve()
}

function call(record: AgentRecord, entry: EntryOf<'tool_call'>): void {
  const { call_id, tool: name } = entry.data
  if (!record.calls.add(call_id)) return
  const { scope } = record.owner
  const tool = record.tools.get(name)
  // What an agent makes up must not become part of a path, nor a count that is kept for ever.
  const segment = `on:tool(${record.name},${tool ? name : '?'})`
  const handler = scope.sub(`${segment}#${scope.ordinal(segment)}`)
  handler.site = tool?.site ?? null
  if (!tool) answer(record, handler, { call_id, error: `Unknown tool '${name}' for agent '${record.name}'` })
  else within(handler, () => runTool(record, handler, tool, entry)).catch(() => {}) // Only a dead log throws here, and that ends the run.
}

async function runTool(record: AgentRecord, handler: Scope, tool: Tool, entry: EntryOf<'tool_call'>): Promise<void> {
  const { call_id, params } = entry.data
  try {
    const input = await tool.parse(params)
    const result = toJson(await tool.run(input as never))
    answer(record, handler, { call_id, result })
  } catch (error) {
    // The line that threw explains more than the one that gave the handler.
    if (handler.run.siteNow) handler.site = errorSite(error) ?? handler.site
    answer(record, handler, { call_id, error: errorData(error).message })
  }
}

/** Answers a call, unless its agent was already told that nothing more will come. */
function answer(record: AgentRecord, handler: Scope, data: { call_id: string; result?: Json; error?: string }): void {
  if (record.state === 'registered' || record.state === 'created') agentOutput(record, handler, 'tool_result', data)
}

function exit(record: AgentRecord, data: EventData['agent_exited']): void {
  const expected = record.state === 'shutdown'
  record.state = 'exited'
  record.events.close()
  record.exited.resolve(data)
  const failure = new ExecutionFailed(`agent '${record.name}' disconnected`, { cause: data.message && new Error(data.message) })
  record.ready.reject(failure)
  // An agent that never registered fails the call that created it, not the whole process.
  if (!expected && data.cause !== 'launch_failed') interrupt(record.owner, failure)
}

/** Tells the agent to go, once, and waits until it has gone. Its name is free afterwards. */
export function retireAgent(record: AgentRecord): Promise<void> {
  return (record.retired ??= retire(record))
}

async function retire(record: AgentRecord): Promise<void> {
  const { run } = record.owner.scope
  const gone = record.state === 'exited'
  if (!gone) record.state = 'shutdown'
  agentOutput(record, record.owner.scope, 'shutdown', {})
  if (!gone) await record.exited.promise
  run.agents.delete(record.name)
  disconnect(run, record.name)
  record.owner.agents.delete(record.name)
}
