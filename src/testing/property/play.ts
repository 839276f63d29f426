/** Plays one try of a property: a plan, or whatever comes to a wanderer's mind. */
import type { RunStarted } from '../../log/events.ts'
import { memoryStore } from '../../log/memory.ts'
import type { LogStore } from '../../log/store.ts'
import type { Definition } from '../../runtime/lifecycle.ts'
import { idFrom } from '../../runtime/seed.ts'
import type { Part } from '../cast.ts'
import type { Director, Role } from '../conductor.ts'
import { fixedDirector } from '../fixed-director.ts'
import { limitsOf } from '../limited-store.ts'
import type { Schedule, Step } from '../schedule.ts'
import { type SimulateOptions, simulateDefinition } from '../simulate.ts'
import { listens } from '../simulated-agent.ts'
import type { SimulatedRun } from '../simulated-run.ts'
import { type Chance, createChance } from './chance.ts'
import type { FaultKind } from './faults.ts'
import type { Plan } from './plan.ts'
import { type Script, type ScriptedRole, script } from './script.ts'
import type { ArgumentMaker } from './values.ts'
import { fair, type Wanderer, wander } from './wander.ts'

/** Everything a property is about, but for the plan. */
export interface Subject {
  readonly definition: Definition
  /** Who follows which script or is played by which function; undefined: anything its tools allow. */
  readonly castOf: (agent: string) => Script | Part | undefined
  readonly faults: ReadonlySet<FaultKind>
  readonly args: ArgumentMaker
  readonly stepsMax: number
  readonly simulate: Pick<SimulateOptions, 'machines' | 'steps' | 'startAt' | 'settleTurns' | 'turnsMax' | 'replay'>
}

export interface Played {
  readonly run: SimulatedRun
  /** What happened, as a plan that makes the same run. */
  readonly plan: Plan
}

/** What a counterexample that is kept says of itself. */
export interface Kept {
  readonly store: LogStore
  readonly header: Partial<RunStarted>
}

/** Lets chance decide everything; `seed` is 32 hex digits. */
export function playAny(subject: Subject, start: Omit<Plan, 'schedule'>, seed: string): Promise<Played> {
  const chance = createChance(seed)
  const limits: Step[] = []
  if (subject.faults.has('killAt') && chance.is(0.2)) limits.push({ killedAfter: endAt(chance) })
  else if (subject.faults.has('diskFull') && chance.is(0.1)) limits.push({ diskFullAfter: endAt(chance) })
  const direct = (roles: Roles) => wander({ ...subject, chance, roles })
  return play(subject, start, limits, direct)
}

/** Where a log ends early: short runs are over before most places of a long one. */
function endAt(chance: Chance): number {
  return 1 + chance.whole(chance.one([15, 80]))
}

/** Plays a plan. What its steps leave open is what a fair world does, or nothing when agents may fall silent. */
export function playPlan(subject: Subject, plan: Plan, kept?: Kept): Promise<Played> {
  return play(subject, plan, plan.schedule, (roles) => follow(subject, plan.schedule, roles), kept)
}

type Roles = ReadonlyMap<string, ScriptedRole | null>
type Directing = Director & Pick<Wanderer, 'gaveUp'>

function follow(subject: Subject, schedule: Schedule, roles: Roles): Directing {
  if (subject.faults.has('silence')) return { ...fixedDirector(schedule), gaveUp: false }
  const rest = fair({ ...subject, roles, chance: createChance(idFrom('rest', '/', 'schedule', 0)) })
  return {
    ...fixedDirector(schedule, rest),
    get gaveUp() {
      return rest.gaveUp
    },
  }
}

async function play(
  subject: Subject,
  { seed, args }: Omit<Plan, 'schedule'>,
  schedule: Schedule,
  direct: (roles: Roles) => Directing,
  kept?: Kept,
): Promise<Played> {
  const { definition, castOf } = subject
  const roles = new Map<string, ScriptedRole | null>()
  const director = direct(roles)
  const roleOf = (agent: string): Role | null => {
    const given = castOf(agent) ?? script.any()
    const role = typeof given === 'function' ? null : given.cast()
    roles.set(agent, role)
    return role && { ...role, propose: (view) => role.offer(view, createChance(idFrom(agent, '/', 'proposal', 0)), subject.args.allowed) }
  }
  const values = args.map(({ value }) => value)
  const simulated = await simulateDefinition(definition, values, {
    ...subject.simulate,
    seed,
    director,
    roleOf,
    limits: limitsOf(schedule),
    agents: (agent) => partOf(castOf(agent)),
    store: kept?.store ?? memoryStore(),
    ...(kept && { header: kept.header }),
  })
  return { plan: { seed, args, schedule: simulated.schedule }, run: { ...simulated, wasCutOff: director.gaveUp } }
}

function partOf(given: Script | Part | undefined): Part {
  return typeof given === 'function' ? given : listens
}
