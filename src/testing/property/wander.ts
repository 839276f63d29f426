/** A director that lets agents do anything their scripts allow, and things go wrong now and then. */
import type { Definition, JsonObject } from '../../log/events.ts'
import { isObject } from '../../log/json.ts'
import type { Director, Scene } from '../conductor.ts'
import type { AgentStep, EndpointStep, ExecStep, TurnStep } from '../schedule.ts'
import type { AgentView } from '../stage.ts'
import type { Chance } from './chance.ts'
import type { FaultKind } from './faults.ts'
import type { ScriptedRole } from './script.ts'
import type { ArgumentMaker } from './values.ts'

export interface WanderOptions {
  readonly chance: Chance
  readonly args: ArgumentMaker
  /** Who follows which script; whoever has none is played by a function. */
  readonly roles: ReadonlyMap<string, ScriptedRole | null>
  readonly faults: ReadonlySet<FaultKind>
  /** Steps of one schedule; after them nobody does anything more. */
  readonly stepsMax: number
}

export interface Wanderer extends Director {
  /** It ran out of steps while somebody could still have gone on. */
  readonly gaveUp: boolean
}

const FAULT_RATE = 0.3
/** How often a timer that is near fires although somebody could go on. */
const WAIT_RATE = 0.3
const NEAR_MS = 60_000
const WAITS_MAX = 3
const ASK_RATE = 0.5
const AGAIN_RATE = 0.3
const PAUSE_RATE = 0.1
const OVERLAP_RATE = 0.2
const SHORT_PAUSES_MS = [1, 1_000, 10_000]
const LONG_PAUSES_MS = [60_000, 600_000]
const OUTAGES_MS = [1_000, 60_000]
const LATE_MS = [1, 1_000, 60_000, -1]

/** Goes on in turn, without faults and pauses: what agents do that nothing has happened to. */
export function fair(options: Omit<WanderOptions, 'faults'>): Wanderer {
  return wander({ ...options, faults: new Set() })
}

export function wander({ chance, args, roles, faults: possible, stepsMax }: WanderOptions): Wanderer {
  // Not all kinds at once: two that hide each other would never be seen apart.
  const faults = new Set([...possible].filter((kind) => kind === 'reorder' || chance.is(0.6)))
  const reorders = faults.has('reorder')
  const sudden = [...faults].filter((kind) => SUDDEN.has(kind))
  const quietAfter = faults.has('silence') && chance.is(0.5) ? chance.whole(Math.min(12, stepsMax)) : Number.POSITIVE_INFINITY
  let faultsLeft = chance.one([0, 1, 1, 2, 2, 4])
  let gaveUp = false
  let asked: EndpointStep | null = null
  let waitedAt = { count: -1, times: 0 }

  /** Whether a near timer goes first: by chance, or, when all go on in turn, some of them before each step. */
  const mayWait = ({ count }: Scene): boolean => {
    if (reorders) return chance.is(WAIT_RATE)
    if (count !== waitedAt.count) waitedAt = { count, times: 0 }
    waitedAt.times += 1
    return waitedAt.times <= WAITS_MAX
  }
  const timed = (step: TurnStep, scene: Scene): TurnStep => {
    if (!reorders || !chance.is(PAUSE_RATE)) return step
    const pauseMs = chance.one(faults.has('silence') ? [...SHORT_PAUSES_MS, ...LONG_PAUSES_MS] : SHORT_PAUSES_MS)
    return { ...step, afterMs: scene.nowMs - scene.lastMs + pauseMs }
  }
  const move = (view: AgentView, scene: Scene): AgentStep | null => {
    const { name: agent } = view
    if (scene.offer(agent)) return { agent, acts: true }
    const role = roles.get(agent)
    if (!role || view.heardCount === 0 || (view.openCount > 0 && !(reorders && chance.is(OVERLAP_RATE)))) return null
    const call = role.offer(view, chance, args.allowed)
    return call && { agent, call: call.tool, params: call.params }
  }
  /** People ask again what they have asked, now and then. */
  const ask = (endpoints: readonly Definition[]): EndpointStep | null => {
    if (asked && chance.is(AGAIN_RATE)) return asked
    asked = endpointCall(endpoints, args, chance) ?? asked
    return asked
  }
  /** When no agent goes on, somebody outside still may. */
  const askLast = ({ endpoints }: Scene): EndpointStep | null => {
    if (!faults.has('endpointCalls') || faultsLeft === 0 || endpoints.length === 0 || !chance.is(ASK_RATE)) return null
    faultsLeft -= 1
    return ask(endpoints)
  }
  const spend = (able: readonly AgentView[], { endpoints }: Scene): TurnStep | null => {
    if (sudden.length === 0 || faultsLeft === 0 || able.length + endpoints.length === 0 || !chance.is(FAULT_RATE)) return null
    const kind = chance.one(sudden)
    const step = kind === 'endpointCalls' ? ask(endpoints) : able.length === 0 ? null : faultOf(kind, chance.one(able), args, chance)
    if (step) faultsLeft -= 1
    return step
  }
  return {
    get gaveUp() {
      return gaveUp
    },
    next(scene) {
      const able = [...scene.agents.values()].filter(({ isUp, isConnected, isStopped }) => isUp && isConnected && !isStopped)
      if (scene.count >= Math.min(stepsMax, quietAfter)) {
        gaveUp = scene.count >= stepsMax && able.length > 0
        return null
      }
      if (isNear(scene) && mayWait(scene)) return null
      const fault = spend(able, scene)
      if (fault) return timed(fault, scene)
      for (const view of reorders ? shuffled(able, chance) : able.toSorted((a, b) => a.lastStep - b.lastStep)) {
        const step = move(view, scene)
        if (step) return timed(step, scene)
      }
      const last = askLast(scene)
      return last && timed(last, scene)
    },
    exec: () => execFate(faults, chance),
    effect: () => effectFate(faults, chance),
    timerLateMs: () => (faults.has('timers') && chance.is(FAULT_RATE) ? chance.one(LATE_MS) : 0),
  }
}

function isNear({ nextDueMs, nextLimitMs, nowMs }: Scene): boolean {
  return nextDueMs - nowMs <= NEAR_MS && nextDueMs < nextLimitMs
}

/** Faults that are steps in an order, of an agent or from outside. */
const SUDDEN: ReadonlySet<FaultKind> = new Set([
  'crash',
  'silence',
  'duplicateCall',
  'disconnect',
  'forbiddenArguments',
  'toolError',
  'endpointCalls',
])

function execFate(faults: ReadonlySet<FaultKind>, chance: Chance): ExecStep['does'] | null {
  if (faults.has('exec') && chance.is(FAULT_RATE)) return chance.one(['fail', 'hang'] as const)
  return faults.has('reorder') && chance.is(FAULT_RATE) ? { takesMs: chance.one(SHORT_PAUSES_MS) } : null
}

function effectFate(faults: ReadonlySet<FaultKind>, chance: Chance): ExecStep['does'] | null {
  return faults.has('steps') && chance.is(FAULT_RATE)
    ? chance.one(['fail', 'hang', { takesMs: chance.one(SHORT_PAUSES_MS) }] as const)
    : null
}

/** Somebody outside asks something of the root process. */
function endpointCall(endpoints: readonly Definition[], args: ArgumentMaker, chance: Chance): EndpointStep | null {
  if (endpoints.length === 0) return null
  const endpoint = chance.one(endpoints)
  const kwargs = args.allowed(endpoint, chance)
  return isObject(kwargs ?? undefined) ? { endpoint: endpoint.name, kwargs: kwargs as JsonObject } : null
}

/** One thing that goes wrong with this agent, or null when it cannot now. */
function faultOf(kind: FaultKind, view: AgentView, args: ArgumentMaker, chance: Chance): AgentStep | null {
  const { name: agent, lastCall } = view
  switch (kind) {
    case 'crash':
      return { agent, crashes: 137 }
    case 'silence':
      return { agent, stops: true }
    case 'duplicateCall':
      return lastCall && { agent, repeats: chance.is(0.7) ? 'call' : 'delivery' }
    case 'disconnect':
      return { agent, disconnects: chance.one(OUTAGES_MS) }
    case 'toolError':
      return view.heardCount > 0 ? { agent, call: 'no_such_tool', params: {}, wrong: true } : null
    case 'forbiddenArguments':
      return view.heardCount > 0 && view.tools.length > 0 ? forbidden(agent, chance.one(view.tools), args, chance) : null
    default:
      return null
  }
}

function forbidden(agent: string, tool: Definition, args: ArgumentMaker, chance: Chance): AgentStep | null {
  const params = args.forbidden(tool, chance)
  return params === null ? null : { agent, call: tool.name, params, wrong: true }
}

function shuffled<T>(list: readonly T[], chance: Chance): T[] {
  const left = [...list]
  return list.map(() => left.splice(chance.whole(left.length), 1)[0] as T)
}
