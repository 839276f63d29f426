/**
 * Agents of a live run: launches them, watches them, ends them. What it learns becomes inputs; what follows from it is
 * decided elsewhere.
 *
 * A1 Every agent that was created reports `agent_exited` exactly once, whatever happens to it.
 * A2 A lost connection may come back within the grace window, unless its process is known to have ended; only its end is an exit.
 * A3 The token of an agent that is gone opens nothing, and nobody stays connected to it after its `shutdown`.
 */
import type { Draft, Entry, EntryOf, EventData } from '../log/events.ts'
import type { AgentDriver, AgentExit, RunningAgent } from '../machines/driver.ts'
import type { Machine } from '../machines/machine.ts'
import { newToken } from '../wire/agent-file.ts'
import type { LaunchRequest } from './agent.ts'
import { type RimTimers, realTimers } from './outside.ts'
import { PATIENCE_MS, waitAtMost } from './patience.ts'
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
  /** How long the end of an agent is waited for, its launch included; default 10,000 ms. */
  readonly patienceMs?: number
}

interface Supervised {
  readonly request: LaunchRequest
  readonly scope: string
  readonly token: string
  readonly stop: AbortController
  launched: Promise<RunningAgent> | null
  /** What its launch waits for, in words. */
  waitsFor: string | null
  /** Nothing of it was started yet: nobody has to wait for its launch. */
  waitsForMachine: boolean
  running: RunningAgent | null
  connection: number | null
  everRegistered: boolean
  /** Played by a function of this process: nobody can start it again. */
  inProcess: boolean
  /** Its process is known to have ended: nobody will come back. */
  hasEnded: boolean
  /** It did not end in time, and nobody waits for it any more. */
  givenUp: boolean
  gone: boolean
  agentFile: string | null
  timer: unknown
}

const NOT_SEEN = 'It was not seen to end.'
/** How long what a process said before it ended may still be on its way. */
const LAST_WORDS_MS = 1_000

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
  /** Stops the process, whatever state its launch is in. Never rejects; resolves with what is known of its end. */
  const end = (agent: string, known: Supervised): Promise<AgentExit | null> =>
    waitAtMost(options.patienceMs ?? PATIENCE_MS, stopped(known), () => giveUp(agent, known), timers)
  const giveUp = (agent: string, known: Supervised) => {
    if (!known.givenUp) options.note({ type: 'warning', by: 'runtime', scope: known.scope, data: notEnded(agent, known) })
    known.givenUp = true
    return null
  }
  const fail = async (agent: string, known: Supervised, data: EventData['agent_exited']) => {
    await end(agent, known)
    exit(agent, known, data)
  }
  const launch = async (agent: string, known: Supervised) => {
    const { request, token, stop } = known
    const driver = await options.driver(request)
    known.inProcess = driver.name === 'scripted'
    const { agentFile, dir } = await options.prepare(agent, token)
    known.agentFile = agentFile
    known.waitsFor = `its machine '${request.machine}'`
    known.waitsForMachine = true
    const machine = await options.machine(request.machine)
    // A simulation counts steps: a race with the signal would take three more.
    stop.signal.throwIfAborted()
    known.waitsForMachine = false
    known.waitsFor = `the driver '${driver.name}' that launches it`
    const { systemPrompt, model } = request
    const link = { serverUrl: options.serverUrl, token, agentFile }
    const running = await driver.launch({ run: options.run, agent, machine, systemPrompt, model, link, dir, signal: stop.signal })
    known.waitsFor = null
    known.running = running
    if (known.givenUp) {
      void running.stop()
      return running
    }
    const spawned = { tmux_session: running.tmuxSession, driver: driver.name, ...(running.pid !== null && { pid: running.pid }) }
    options.note({ type: 'agent_spawned', by: 'runtime', scope: known.scope, agent, data: spawned })
    void running.exited.then((seen) => ended(agent, known, seen))
    return running
  }
  const ended = (agent: string, known: Supervised, seen: AgentExit) => {
    if (known.stop.signal.aborted) return
    known.hasEnded = true
    if (!known.everRegistered)
      void fail(agent, known, { cause: 'launch_failed', ...details(seen), by: 'agent', message: launchWords(seen) })
    else if (known.inProcess || known.connection === null) void expired(agent, known)
    // What it said last may still be on its way; the end of its connection comes behind it.
    else arm(agent, known, Math.min(LAST_WORDS_MS, known.request.graceMs))
  }
  const arm = (agent: string, known: Supervised, ms: number) => {
    disarm(timers, known)
    known.timer = timers.set(() => void expired(agent, known), atMost(ms))
  }
  const expired = async (agent: string, known: Supervised) => {
    const seen = known.running ? await Promise.race([known.running.exited, end(agent, known)]) : null
    exit(agent, known, {
      cause: seen?.signal ? 'killed' : typeof seen?.code === 'number' ? 'exited' : known.hasEnded ? 'unknown' : 'disconnected',
      ...(seen && details(seen)),
      by: 'unknown',
      message: seen?.lastWords || (known.hasEnded ? 'Its process has ended.' : 'Its connection was lost and did not come back.'),
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
      waitsFor: null,
      waitsForMachine: false,
      running: null,
      connection: null,
      everRegistered: false,
      inProcess: false,
      hasEnded: false,
      givenUp: false,
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
    const { request, running, waitsFor } = known
    const where = running?.tmuxSession
      ? ` Its tmux session was ${running.tmuxSession}.`
      : waitsFor === null
        ? ''
        : ` Its launch waited for ${waitsFor}.`
    const seen = await end(agent, known)
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
    const seen = await end(agent, known)
    // The name of one that was gone already may have a new owner by now.
    if (agents.get(agent) === known) options.disconnect(agent)
    exit(agent, known, { cause: 'shutdown', ...(seen && details(seen)), by: 'ramure', ...(known.givenUp && { message: NOT_SEEN }) })
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
      if (known.stop.signal.aborted) return
      if (known.hasEnded) void expired(agent, known)
      else arm(agent, known, known.request.graceMs)
    },
    count: () => agents.size,
    async close() {
      for (const known of agents.values()) disarm(timers, known)
      await Promise.all([...agents].map(([agent, known]) => end(agent, known)))
    },
  }
}

async function stopped(known: Supervised): Promise<AgentExit | null> {
  known.stop.abort(new Error('The agent was shut down.'))
  try {
    if (known.waitsForMachine) return null
    const running = known.running ?? (await known.launched)
    return running ? await running.stop() : null
  } catch {
    return null
  }
}

function notEnded(agent: string, { waitsFor }: Supervised): EventData['warning'] {
  const why = waitsFor === null ? 'its driver has not stopped it' : `its launch still waits for ${waitsFor}`
  return {
    code: 'WARN_NOT_ENDED',
    message: `Agent '${agent}' did not end in time: ${why}. The run goes on without it; what it started may still be there.`,
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
