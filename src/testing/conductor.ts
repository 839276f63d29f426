/**
 * Lets the agents of a simulation act one at a time, as a director says, each step after everything before it has come to
 * rest. What happened is a schedule again, and that schedule makes the same run.
 *
 * C1 A step happens when no input is waiting, nobody can make one, and no timer is due: before any time passes.
 * C2 A step that cannot happen (its agent has ended, was never asked, is not allowed this call) is left out.
 */
import type { Definition, Draft, Entry, Json, JsonObject } from '../log/events.ts'
import type { AgentStep, CallStep, EndpointStep, ExecStep, SideEffectStep, Step, TurnStep } from './schedule.ts'
import type { SimulatedAgent } from './simulated-agent.ts'
import { type AgentView, openStage } from './stage.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** A call that an agent makes or may make. */
export interface Call {
  readonly tool: string
  readonly params: Json
}

/** What one agent may do. */
export interface Role {
  /** Whether it may make this call now; from then on it has made it. */
  takes(view: AgentView, call: Call): boolean
  /** A call that it might make now, always the same in the same place; null when there is none. Default: none. */
  propose?(view: AgentView): Call | null
}

/** What a director sees. */
export interface Scene {
  readonly agents: ReadonlyMap<string, AgentView>
  /** What the root process exposes. */
  readonly endpoints: readonly Definition[]
  /** The call that an agent played by a function wants to make next, or null. */
  offer(agent: string): Call | null
  readonly nowMs: number
  /** When the last step was. */
  readonly lastMs: number
  /** When the next timer is due, and the first one that is a limit of the program's; Infinity when there is none. */
  readonly nextDueMs: number
  readonly nextLimitMs: number
  /** Steps so far. */
  readonly count: number
}

/** Says what happens next. */
export interface Director {
  /** The next step, or null: none before time passes. */
  next(scene: Scene): TurnStep | null
  /** What becomes of the nth command, 1 for the first; null: it answers as the machine does. */
  exec(nth: number): ExecStep['does'] | null
  /** What becomes of the nth `step()`; null: it does what it does. */
  effect(nth: number): SideEffectStep['does'] | null
  /** How many ms the nth timer is late. */
  timerLateMs(nth: number): number
}

/** A step, and what it did. */
export interface Happened {
  readonly step: Step
  /** Virtual time since 1970 in ms. */
  readonly atMs: number
  /** The call, of a step that made one. */
  readonly call: Call | null
  /** `seq` of the input it led to, or null when there was none. */
  seq: number | null
}

export interface Conductor {
  /** Plays a part under this conductor: its calls wait for their turn. */
  play(agent: string, me: SimulatedAgent, part: (me: SimulatedAgent) => Promise<void> | void): Promise<void>
  /** Holds a call back until its turn. */
  turn(agent: string, call: Call): Promise<void>
  written(entry: Entry): void
  /** Does the next step; false when there is none now. */
  move(): boolean
  exec(): ExecStep['does'] | null
  effect(): SideEffectStep['does'] | null
  timerLateMs(): number
  readonly happened: readonly Happened[]
}

interface Player {
  readonly me: SimulatedAgent
  readonly doom: (error: unknown) => void
  readonly offers: { readonly call: Call; readonly go: () => void }[]
  /** Steps whose input has not been recorded yet. */
  readonly due: Happened[]
}

interface Act {
  readonly call: Call | null
  readonly run: () => void
  /** What it comes to, when that says more than the step that asked for it. */
  readonly step?: AgentStep
}

export interface ConductorOptions {
  readonly director: Director
  readonly clock: VirtualClock
  /** What an agent may do; null for one that is played by a function. */
  readonly roleOf: (agent: string) => Role | null
  /** Hands the run an input from outside. */
  readonly push: (draft: Draft) => void
}

export function openConductor({ director, clock, roleOf, push }: ConductorOptions): Conductor {
  const stage = openStage()
  const players = new Map<string, Player>()
  const roles = new Map<string, Role | null>()
  const happened: Happened[] = []
  const effects: Happened[] = []
  /** Calls of endpoints that have not been recorded yet. */
  const called: Happened[] = []
  let planned: TurnStep | null = null
  let alarm = false
  let lastMs = clock.nowMs
  let stepCount = 0
  let execCount = 0
  let effectCount = 0
  let timerCount = 0

  const scene: Scene = {
    agents: stage.agents,
    get endpoints() {
      return [...stage.endpoints.values()]
    },
    offer: (agent) => players.get(agent)?.offers[0]?.call ?? null,
    get nowMs() {
      return clock.nowMs
    },
    get lastMs() {
      return lastMs
    },
    get nextDueMs() {
      return clock.nextDueMs
    },
    get nextLimitMs() {
      return stage.nextLimitMs
    },
    get count() {
      return stepCount
    },
  }
  /** What the step does, or null when it cannot be done now. */
  const act = (step: AgentStep, view: AgentView, player: Player): Act | null => {
    if ('crashes' in step) return { call: null, run: () => player.doom(crash(player.me, step.crashes)) }
    if ('stops' in step) return view.isStopped ? null : { call: null, run: () => stage.stop(step.agent) }
    if (!view.isConnected || view.isStopped) return null
    if ('disconnects' in step) return { call: null, run: () => void player.me.disconnect(step.disconnects).catch(() => {}) }
    if ('acts' in step) {
      const [offer] = player.offers
      if (!offer) return proposed(step, view, player)
      const run = () => {
        player.offers.shift()
        offer.go()
      }
      return { call: offer.call, run }
    }
    const { lastCall: call } = view
    if ('repeats' in step) return call && { call, run: step.repeats === 'delivery' ? player.me.again : () => say(player.me, call) }
    return allowed(step, view) ? { call: callOf(step), run: () => say(player.me, callOf(step)) } : null
  }
  const allowed = (step: CallStep, view: AgentView): boolean => {
    if (view.heardCount === 0) return false
    if (step.wrong) return true
    return view.tools.some(({ name }) => name === step.call) && (roles.get(step.agent)?.takes(view, callOf(step)) ?? true)
  }
  /** Nobody plays it: its script says what it goes on with. */
  const proposed = ({ agent }: AgentStep, view: AgentView, player: Player): Act | null => {
    const role = roles.get(agent)
    const call = (view.heardCount > 0 && role?.propose?.(view)) || null
    if (!call || !role?.takes(view, call)) return null
    return { call, run: () => say(player.me, call), step: { agent, call: call.tool, params: call.params } }
  }
  /** Notes a step that happens now. */
  const note = (step: TurnStep, call: Call | null): Happened => {
    const waitedMs = clock.nowMs - lastMs
    const { afterMs, ...rest } = step
    const what: Happened = { step: waitedMs > 0 ? { ...rest, afterMs: waitedMs } : rest, atMs: clock.nowMs, call, seq: null }
    stepCount += 1
    happened.push(what)
    lastMs = clock.nowMs
    return what
  }
  const callEndpoint = (step: EndpointStep): boolean => {
    const { endpoint, kwargs } = step
    if (!stage.endpoints.has(endpoint) || stage.root === null) return false
    called.push(note(step, { tool: endpoint, params: kwargs }))
    const data = { endpoint, kwargs, caller: 'outside', call_id: `outside-${stepCount}` }
    push({ type: 'endpoint_called', by: 'world', scope: stage.root, data })
    return true
  }
  const perform = (step: TurnStep): boolean => {
    if ('endpoint' in step) return callEndpoint(step)
    const view = stage.agents.get(step.agent)
    const player = players.get(step.agent)
    const done = view?.isUp && player ? act(step, view, player) : null
    if (!player || !done) return false
    const what = note(done.step ?? step, done.call)
    if (!('stops' in step)) player.due.push(what)
    stage.moved(step.agent, stepCount)
    done.run()
    return true
  }
  return {
    get happened() {
      return [...happened, ...effects]
    },
    async play(agent, me, part) {
      let doom: Player['doom'] = () => {}
      const doomed = new Promise<never>((_, reject) => (doom = reject))
      doomed.catch(() => {})
      players.set(agent, { me, doom, offers: [], due: [] })
      roles.set(agent, roleOf(agent))
      await Promise.race([doomed, outlive(part(me), me.signal)])
    },
    turn: (agent, call) => new Promise((go) => void players.get(agent)?.offers.push({ call, go })),
    written(entry) {
      stage.see(entry)
      if (entry.type === 'endpoint_called' && entry.by === 'world') {
        const first = called.shift()
        if (first) first.seq = entry.seq
      }
      const due = entry.by === 'world' && STEPS_END_IN.has(entry.type) ? players.get(entry.agent ?? '')?.due : undefined
      const at = due?.findIndex(({ step }) => leadsTo(step, entry.type)) ?? -1
      const [what] = due && at >= 0 ? due.splice(at, 1) : []
      if (what) what.seq = entry.seq
    },
    move() {
      for (;;) {
        if (clock.nextDueMs <= clock.nowMs) return false
        planned ??= director.next(scene)
        if (!planned) return false
        const waitMs = lastMs + (planned.afterMs ?? 0) - clock.nowMs
        if (waitMs > 0) {
          if (!alarm) clock.set(() => void (alarm = false), waitMs)
          alarm = true
          return false
        }
        const step = planned
        planned = null
        if (perform(step)) return true
      }
    },
    exec() {
      execCount += 1
      const does = director.exec(execCount)
      if (does) effects.push({ step: { exec: execCount, does }, atMs: clock.nowMs, call: null, seq: null })
      return does
    },
    effect() {
      effectCount += 1
      const does = director.effect(effectCount)
      if (does) effects.push({ step: { step: effectCount, does }, atMs: clock.nowMs, call: null, seq: null })
      return does
    },
    timerLateMs() {
      timerCount += 1
      const lateMs = director.timerLateMs(timerCount)
      if (lateMs !== 0) effects.push({ step: { timer: timerCount, lateMs }, atMs: clock.nowMs, call: null, seq: null })
      return lateMs
    },
  }
}

const STEPS_END_IN: ReadonlySet<Entry['type']> = new Set(['tool_call', 'agent_exited', 'disconnected'])

function leadsTo(step: Step, type: Entry['type']): boolean {
  if ('crashes' in step) return type === 'agent_exited'
  return 'disconnects' in step ? type === 'disconnected' : type === 'tool_call'
}

function callOf({ call, params }: CallStep): Call {
  return { tool: call, params }
}

function say(me: SimulatedAgent, { tool, params }: Call): void {
  me.call(tool, params as JsonObject).catch(() => {}) // An answer that is an error is an answer.
}

function crash(me: SimulatedAgent, code: number): unknown {
  try {
    me.crash(code)
  } catch (error) {
    return error
  }
}

/** A part that returns leaves its agent there, silent; a crash may still come. */
async function outlive(playing: Promise<void> | void, signal: AbortSignal): Promise<void> {
  await playing
  if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
