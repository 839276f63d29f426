/**
 * Agents of a live run: launches them, watches them, ends them. What it learns becomes inputs; what follows from it is
 * decided elsewhere.
 *
 * A1 Every agent that was created reports `agent_exited` exactly once, whatever happens to it.
 * A2 A lost connection may come back within the grace window; only its end is an exit.
 * A3 The token of an agent that is gone opens nothing, and nobody stays connected to it after its `shutdown`.
 */
import type { Draft, Entry, EntryOf, EventData } from '../log/events.ts'
import type { AgentDriver, AgentExit, RunningAgent } from '../machines/driver.ts'
import type { Machine } from '../machines/machine.ts'
import { newToken } from '../wire/agent-file.ts'
import type { LaunchRequest } from './agent.ts'
import { type RimTimers, realTimers } from './outside.ts'
import { DELAY_MS_MAX } from './timer.ts'

export interface LiveAgents {
  perform(entry: Entry, payload: unknown): void
  /** What lets a client in; null when there is no such agent, or it is gone. */
  token(agent: string): string | null
  /** A connection has registered: the one whose loss matters from now on. */
  registered(agent: string, connection: number): void
  /** A connection that had registered is gone. */
  lost(agent: string, connection: number): void
  tmuxSession(agent: string): string | null
  /** Agents that were not told to go, or have not gone yet. */
  count(): number
  /** Ends what is left, for a run that ends early. */
  close(): Promise<void>
}

export interface LiveAgentsOptions {
  readonly run: string
  readonly serverUrl: string
  readonly push: (draft: Draft) => void
  readonly note: (draft: Draft) => void
  readonly machine: (id: string) => Promise<Machine>
  /** The driver of a request; rejects when it cannot be had here. */
  readonly driver: (request: LaunchRequest) => Promise<AgentDriver>
  /** Makes the folder and the agent file of an agent. */
  readonly prepare: (agent: string, token: string) => Promise<{ agentFile: string; dir: string }>
  /** Removes an agent file that has served: its agent has registered. */
  readonly forget: (agentFile: string) => Promise<void>
  /** Closes the connections of an agent that is gone. */
  readonly disconnect: (agent: string) => void
  /** Default: Node's. */
  readonly timers?: RimTimers
}

interface Supervised {
  readonly request: LaunchRequest
  readonly scope: string
  readonly token: string
  readonly stop: AbortController
  launched: Promise<RunningAgent> | null
  running: RunningAgent | null
  connection: number | null
  everRegistered: boolean
  /** Played by a function of this process: nobody can start it again. */
  inProcess: boolean
  gone: boolean
  agentFile: string | null
  timer: unknown
}

export function liveAgents(options: LiveAgentsOptions): LiveAgents {
  const agents = new Map<string, Supervised>()
  const timers = options.timers ?? realTimers

  const push = (agent: string, type: 'disconnected' | 'agent_exited', data: EventData['disconnected'] | EventData['agent_exited']) =>
    options.push({ type, by: 'world', scope: agents.get(agent)?.scope ?? '/', agent, data } as Draft)
  const exit = (agent: string, known: Supervised, data: EventData['agent_exited']) => {
    if (known.gone) return
    known.gone = true
    disarm(timers, known)
    push(agent, 'agent_exited', data)
  }
  const fail = async (agent: string, known: Supervised, data: EventData['agent_exited']) => {
    await end(known)
    exit(agent, known, data)
  }
  const launch = async (agent: string, known: Supervised) => {
    const { request, token, stop } = known
    const driver = await options.driver(request)
    known.inProcess = driver.name === 'scripted'
    const { agentFile, dir } = await options.prepare(agent, token)
    known.agentFile = agentFile
    const machine = await options.machine(request.machine)
    const { systemPrompt, model } = request
    const link = { serverUrl: options.serverUrl, token, agentFile }
    const running = await driver.launch({ run: options.run, agent, machine, systemPrompt, model, link, dir, signal: stop.signal })
    known.running = running
    const spawned = { tmux_session: running.tmuxSession, driver: driver.name, ...(running.pid !== null && { pid: running.pid }) }
    options.note({ type: 'agent_spawned', by: 'runtime', scope: known.scope, agent, data: spawned })
    void running.exited.then((seen) => ended(agent, known, seen))
    return running
  }
  /** The process is gone. Its connection's grace window still runs: a person may be restarting it. */
  const ended = (agent: string, known: Supervised, seen: AgentExit) => {
    if (known.stop.signal.aborted) return
    if (!known.everRegistered)
      void fail(agent, known, { cause: 'launch_failed', ...details(seen), by: 'agent', message: launchWords(seen) })
    else if (known.inProcess) void expired(agent, known)
    else if (known.timer === null) arm(agent, known)
  }
  const arm = (agent: string, known: Supervised) => {
    disarm(timers, known)
    known.timer = timers.set(() => void expired(agent, known), atMost(known.request.graceMs))
  }
  const expired = async (agent: string, known: Supervised) => {
    const seen = known.running ? await Promise.race([known.running.exited, end(known)]) : null
    const cause = seen?.signal ? 'killed' : seen?.code !== undefined && seen?.code !== null ? 'exited' : 'disconnected'
    exit(agent, known, {
      cause,
      ...(seen && details(seen)),
      by: 'unknown',
      message: seen?.lastWords || 'Its connection was lost and did not come back.',
    })
  }
  const create = (entry: EntryOf<'agent_created'>, request: LaunchRequest) => {
    const agent = request.name
    const known: Supervised = {
      request,
      scope: entry.scope,
      token: newToken(),
      stop: new AbortController(),
      launched: null,
      running: null,
      connection: null,
      everRegistered: false,
      inProcess: false,
      gone: false,
      agentFile: null,
      timer: null,
    }
    // Whoever still looks on is here for another agent of that name, with another token.
    options.disconnect(agent)
    agents.set(agent, known)
    known.timer = timers.set(() => void timedOut(agent, known), atMost(request.registerTimeoutMs))
    known.launched = launch(agent, known)
    known.launched.catch((error: unknown) => {
      if (!known.stop.signal.aborted) exit(agent, known, { cause: 'launch_failed', by: 'ramure', message: messageOf(error) })
    })
  }
  const timedOut = async (agent: string, known: Supervised) => {
    const { request, running } = known
    const where = running?.tmuxSession ? ` Its tmux session was ${running.tmuxSession}.` : ''
    const seen = await end(known)
    const words = seen?.lastWords ? ` Last seen: ${seen.lastWords}` : ''
    exit(agent, known, {
      cause: 'launch_failed',
      by: 'ramure',
      message: `It did not register within ${request.registerTimeoutMs} ms.${where}${words}`,
    })
  }
  const shutdown = async (agent: string) => {
    const known = agents.get(agent)
    if (!known) return
    disarm(timers, known)
    // Whoever looks on gets the `shutdown` itself before its connection is closed.
    const seen = await end(known)
    // The name of one that was gone already may have a new owner by now.
    if (agents.get(agent) === known) options.disconnect(agent)
    exit(agent, known, { cause: 'shutdown', ...(seen && details(seen)), by: 'ramure' })
    if (agents.get(agent) === known) agents.delete(agent)
  }
  return {
    perform(entry, payload) {
      if (entry.type === 'agent_created') create(entry, payload as LaunchRequest)
      else if (entry.type === 'shutdown' && entry.agent !== undefined) void shutdown(entry.agent)
    },
    token(agent) {
      const known = agents.get(agent)
      return known === undefined || known.gone ? null : known.token
    },
    tmuxSession: (agent) => agents.get(agent)?.running?.tmuxSession ?? null,
    registered(agent, connection) {
      const known = agents.get(agent)
      if (!known || known.gone) return
      disarm(timers, known)
      known.connection = connection
      known.everRegistered = true
      if (known.agentFile) void options.forget(known.agentFile).catch(() => {})
    },
    lost(agent, connection) {
      const known = agents.get(agent)
      if (!known || known.gone || known.connection !== connection) return
      known.connection = null
      push(agent, 'disconnected', {})
      if (!known.stop.signal.aborted) arm(agent, known)
    },
    count: () => agents.size,
    async close() {
      for (const known of agents.values()) disarm(timers, known)
      await Promise.all([...agents.values()].map(end))
    },
  }
}

/** Stops the process, whatever state its launch is in. Never rejects; resolves with what is known of its end. */
async function end(known: Supervised): Promise<AgentExit | null> {
  known.stop.abort(new Error('The agent was shut down.'))
  try {
    const running = known.running ?? (await known.launched)
    return running ? await running.stop() : null
  } catch {
    return null
  }
}

/** Node fires at once what is to wait longer than it can; here `Infinity` means for ever. */
function atMost(ms: number): number {
  return Math.min(ms, DELAY_MS_MAX)
}

function disarm(timers: RimTimers, known: Supervised): void {
  if (known.timer !== null) timers.clear(known.timer)
  known.timer = null
}

function details(seen: AgentExit): { code?: number; signal?: string } {
  return { ...(seen.code !== null && { code: seen.code }), ...(seen.signal !== null && { signal: seen.signal }) }
}

function launchWords(seen: AgentExit): string {
  const how = seen.signal ? `was killed by ${seen.signal}` : seen.code === null ? 'ended' : `exited with code ${seen.code}`
  return `It ${how} before it registered.${seen.lastWords ? ` Its last words: ${seen.lastWords}` : ''}`
}

function messageOf(error: unknown): string {
  const { message, hint } = error as { message?: string; hint?: string }
  return [message ?? String(error), hint].filter(Boolean).join(' ')
}
