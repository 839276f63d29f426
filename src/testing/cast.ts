/** Who plays the agents of a simulation, and the link between each of them and the run: it can be cut for a while. */
import { RamureError } from '../log/error.ts'
import type { Entry } from '../log/events.ts'
import type { AgentDriver, AgentExit, LaunchSpec, RunningAgent } from '../machines/driver.ts'
import type { LaunchRequest } from '../runtime/agent.ts'
import { deferred } from '../runtime/deferred.ts'
import { type ScriptedAgent, scripted } from '../runtime/driver-choice.ts'
import { scriptedDriver } from '../runtime/scripted-agent.ts'
import type { AgentHost, ClientEvent, ConnectionRef } from '../wire/host.ts'
import type { Call, Conductor } from './conductor.ts'
import { type SimulatedAgent, simulatedAgent } from './simulated-agent.ts'
import type { Worker, Workers } from './workers.ts'

/** Plays an agent. When it returns, the agent stays, silent; when it throws, the agent crashes. */
export type Part = (me: SimulatedAgent) => Promise<void> | void

/** Parts by the agents' names, or a function of the name. */
export type Parts = Readonly<Record<string, Part>> | ((agent: string) => Part | undefined)

export interface Cast {
  /** Rejects with ERR_NOT_SIMULATED when nobody plays the agent. */
  driver(request: LaunchRequest): Promise<AgentDriver>
  /** Shows agents a written entry. */
  publish(entry: Entry): void
}

export interface CastOptions {
  readonly parts: Parts
  readonly host: AgentHost
  /** The connection of an agent is gone; it may come back. */
  readonly lost: (agent: string, connection: number) => void
  readonly workers: Workers
  /** Says whose turn it is; default: everybody acts when he likes. */
  readonly conductor: Conductor | null
}

export function openCast({ parts, host, lost, workers, conductor }: CastOptions): Cast {
  const listeners = new Map<string, (entry: Entry) => void>()
  let connections = 0

  const connect = (): ConnectionRef => ({ id: (connections += 1), registered: false, boot: null })
  const openLine = (agent: string, worker: Worker): Line => {
    let connection = connect()
    let isCut = false
    let boot: ClientEvent['data'] = {}
    let lastCall: ClientEvent | null = null
    const outbox: ClientEvent[] = []
    const missed: (() => void)[] = []
    return {
      isCut: () => isCut,
      cut() {
        isCut = true
        lost(agent, connection.id)
      },
      mend() {
        connection = connect()
        host.receive(agent, { type: 'register', data: boot }, connection)
        isCut = false
        for (const hear of missed.splice(0)) hear()
        for (const event of outbox.splice(0)) host.receive(agent, event, connection)
      },
      again() {
        // With its id it would be dropped before anybody saw it.
        if (lastCall) host.receive(agent, { type: lastCall.type, data: lastCall.data }, connection)
      },
      link: {
        inside: (_, fn) => worker.inside(fn),
        receive(_, event) {
          worker.stir()
          if (event.type === 'register') boot = event.data
          if (event.type === 'tool_call') lastCall = event
          if (isCut) outbox.push(event)
          else host.receive(agent, event, connection)
        },
        subscribe(_, listener) {
          const hear = (entry: Entry) => (isCut ? void missed.push(() => listener(entry)) : listener(entry))
          listeners.set(agent, hear)
          return () => {
            if (listeners.get(agent) === hear) listeners.delete(agent)
          }
        },
      },
    }
  }
  const launch = async (spec: LaunchSpec, part: Part): Promise<RunningAgent> => {
    const worker = workers.start(spec.agent)
    const line = openLine(spec.agent, worker)
    const registered = deferred<void>()
    void worker.parked(registered.promise)
    const play = async (me: ScriptedAgent): Promise<void> => {
      registered.resolve()
      const turn = conductor && ((call: Call) => conductor.turn(spec.agent, call))
      if (turn) await conductor.play(spec.agent, simulatedAgent(me, worker, line), () => part(simulatedAgent(me, worker, line, turn)))
      else await part(simulatedAgent(me, worker, line))
      void worker.parked(new Promise(() => {}))
    }
    const running = await scriptedDriver(scripted(play), line.link).launch(spec)
    void running.exited.then(() => worker.end(new Error(`Agent '${spec.agent}' has ended.`)))
    // A process whose connection is gone says nothing about how it ended.
    const seen = (exit: AgentExit): AgentExit => (line.isCut() ? { ...exit, code: null } : exit)
    return { ...running, exited: running.exited.then(seen), stop: () => running.stop().then(seen) }
  }
  return {
    async driver(request) {
      const part = partOf(parts, request)
      return { name: 'scripted', can: { steer: true, lateTools: true, attach: false, usage: true }, launch: (spec) => launch(spec, part) }
    },
    publish(entry) {
      if (entry.agent !== undefined && entry.aseq !== undefined) listeners.get(entry.agent)?.(entry)
    },
  }
}

/** The connection of one agent. */
export interface Line {
  isCut(): boolean
  cut(): void
  /** Registers again; what was said on either side in the meantime arrives. */
  mend(): void
  /** The last call is delivered again, as by a client that does not know whether it arrived. */
  again(): void
  readonly link: Parameters<typeof scriptedDriver>[1]
}

function partOf(parts: Parts, { name, driver }: LaunchRequest): Part {
  const given = typeof parts === 'function' ? parts(name) : Object.hasOwn(parts, name) ? parts[name] : undefined
  if (given) return given
  if (driver !== null && typeof driver === 'object') return driver.play
  throw new RamureError('ERR_NOT_SIMULATED', `simulate() was given nobody to play the agent '${name}'.`, {
    hint: `Give \`agents: { ${/^\w+$/.test(name) ? name : `'${name}'`}: async (me) => { … } }\`, or \`silent\`.`,
  })
}
