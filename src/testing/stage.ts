/** What the agents of a simulated run could do now, read off the entries they have seen. */
import type { Definition, Entry, Json } from '../log/events.ts'
import { isReserved } from '../runtime/reserved-tools.ts'

export interface AgentView {
  readonly name: string
  /** The tools the program has given it so far, without those that every agent has. */
  readonly tools: readonly Definition[]
  /** It has registered and not ended. */
  readonly isUp: boolean
  readonly isConnected: boolean
  /** Messages it was sent. */
  readonly heardCount: number
  /** Calls it made that were not answered yet. */
  readonly openCount: number
  readonly lastCall: { readonly tool: string; readonly params: Json } | null
  /** Number of the last step that was its own; 0 when there was none. */
  readonly lastStep: number
  /** It was told to do nothing any more. */
  readonly isStopped: boolean
}

type Seen = { -readonly [K in keyof AgentView]: AgentView[K] } & { readonly open: Set<string> }

export interface Stage {
  /** Agents by name, in order of creation. */
  readonly agents: ReadonlyMap<string, AgentView>
  /** Path of the root process; null before there is one. */
  readonly root: string | null
  /** Endpoints of the root process, by name. */
  readonly endpoints: ReadonlyMap<string, Definition>
  /** When the first limit that the program has set is over, in ms since 1970; Infinity when there is none. */
  readonly nextLimitMs: number
  see(entry: Entry): void
  /** Notes that this agent had the `nth` step. */
  moved(agent: string, nth: number): void
  stop(agent: string): void
}

export function openStage(): Stage {
  const agents = new Map<string, Seen>()
  const limits = new Map<string, number>()
  const endpoints = new Map<string, Definition>()
  let root: string | null = null
  return {
    agents,
    endpoints,
    get root() {
      return root
    },
    get nextLimitMs() {
      return Math.min(Number.POSITIVE_INFINITY, ...limits.values())
    },
    see(entry) {
      see(agents, entry)
      if (entry.type === 'process_spawned') root ??= entry.scope
      else if (entry.type === 'endpoint_exposed' && entry.scope === root) endpoints.set(entry.data.endpoint, entry.data.definition)
      if (PROCESS_ENDS.has(entry.type) && entry.scope === root) endpoints.clear()
      if (entry.type === 'timer_set' && LIMIT.test(entry.data.timer))
        limits.set(`${entry.scope} ${entry.data.timer}`, Date.parse(entry.time) + entry.data.ms)
      else if (entry.type === 'timer_cleared' || entry.type === 'timer_fired') limits.delete(`${entry.scope} ${entry.data.timer}`)
    },
    moved(agent, nth) {
      const seen = agents.get(agent)
      if (seen) seen.lastStep = nth
    },
    stop(agent) {
      const seen = agents.get(agent)
      if (seen) seen.isStopped = true
    },
  }
}

const PROCESS_ENDS: ReadonlySet<Entry['type']> = new Set(['process_done', 'process_failed', 'process_cancelled'])

/** Timers that bound how long something may take; others are what the program itself waits for. */
const LIMIT = /^(timeout|listenFor):/

function see(agents: Map<string, Seen>, entry: Entry): void {
  const { agent } = entry
  if (agent === undefined) return
  if (entry.type === 'agent_created') agents.set(agent, unseen(agent))
  const seen = agents.get(agent)
  if (seen) note(seen, entry)
}

function unseen(name: string): Seen {
  const nothing = { isUp: false, isConnected: false, isStopped: false, heardCount: 0, openCount: 0, lastStep: 0 }
  return { name, tools: [], lastCall: null, open: new Set(), ...nothing }
}

function note(seen: Seen, entry: Entry): void {
  switch (entry.type) {
    case 'register':
      seen.isConnected = true
      return
    case 'registered':
      seen.isUp = true
      seen.tools = entry.data.tools.filter(({ name }) => !isReserved(name))
      return
    case 'tool_registered':
      seen.tools = [...seen.tools.filter(({ name }) => name !== entry.data.name), entry.data]
      return
    case 'message':
      seen.heardCount += 1
      return
    case 'tool_call':
      seen.lastCall = { tool: entry.data.tool, params: entry.data.params }
      seen.open.add(entry.data.call_id)
      break
    case 'tool_result':
      seen.open.delete(entry.data.call_id)
      break
    case 'disconnected':
      seen.isConnected = false
      return
    case 'shutdown':
    case 'agent_exited':
      seen.isUp = false
      return
    default:
      return
  }
  seen.openCount = seen.open.size
}
