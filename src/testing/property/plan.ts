/** One try of a property as plain data: what goes in, and everything the world does. */
import type { Json, JsonObject } from '../../log/events.ts'
import { canonical, toJson } from '../../log/json.ts'
import type { ExecStep, Schedule, SideEffectStep, Step } from '../schedule.ts'
import { simpler } from './simplify.ts'

export interface Plan {
  /** Seed of the simulation: ids and dice of the program follow from it. */
  readonly seed: number
  readonly args: readonly Argument[]
  readonly schedule: Schedule
}

/** An argument of the process, with simpler ones when it came from an arbitrary. */
export interface Argument {
  readonly value: unknown
  simpler(): Iterable<Argument>
}

/** What a tool declared about its arguments. */
export interface Declared {
  readonly parameters: Json
  allows(params: Json): boolean
}

type DeclaredOf = (agent: string, tool: string) => Declared | undefined

/** Schedules up to this length are also tried without any two of their steps. */
const PAIRS_MAX = 14

/**
 * Plans that are simpler than this one, the boldest first. A function of the plan alone: the nth of them is a place to come
 * back to.
 * @param declaredOf a tool, as an agent had it.
 */
export function* simplerPlans(plan: Plan, declaredOf: DeclaredOf): Generator<Plan> {
  const { schedule } = plan
  for (const shorter of shorterLists(schedule)) yield { ...plan, schedule: shorter }
  for (const quicker of quickerSchedules(schedule)) yield { ...plan, schedule: quicker }
  if (plan.seed !== 0) yield { ...plan, seed: 0 }
  for (let at = 0; at < schedule.length; at += 1) {
    for (const step of simplerSteps(schedule[at] as Step, declaredOf)) yield { ...plan, schedule: schedule.with(at, step) }
  }
  for (const together of simplerTogether(schedule, declaredOf)) yield { ...plan, schedule: together }
  for (let at = 0; at < plan.args.length; at += 1) {
    for (const arg of plan.args[at]?.simpler() ?? []) yield { ...plan, args: plan.args.with(at, arg) }
  }
}

/** How much there is to read in a plan: its steps, then what they carry, then the text itself. */
function sizeOf(plan: Plan): readonly [number, number, string] {
  const { seed, schedule } = plan
  const text = contentOf(plan)
  const weights = schedule.reduce((sum, step) => sum + weightOf(step), 0)
  // Texts are made plain with 'a', which therefore has to come before every other character, 'P' as well.
  return [schedule.length, weights + text.length + (seed === 0 ? 0 : 1), text.replaceAll('a', '\0')]
}

export function isSmaller(one: Plan, other: Plan): boolean {
  const [steps, weight, text] = sizeOf(one)
  const [otherSteps, otherWeight, otherText] = sizeOf(other)
  if (steps !== otherSteps) return steps < otherSteps
  return weight !== otherWeight ? weight < otherWeight : text < otherText
}

function contentOf({ schedule, args }: Plan): string {
  return canonical(toJson([schedule, args.map(({ value }) => value)]))
}

/** Equal for plans that make the same run. */
export function textOf(plan: Plan): string {
  return `${plan.seed} ${contentOf(plan)}`
}

/** A fault is more to think about than a call, a pause more than none. */
function weightOf(step: Step): number {
  const fault = 'call' in step ? (step.wrong ? 50 : 0) : 'acts' in step ? 0 : 'endpoint' in step ? 50 : 100
  return fault + ('afterMs' in step ? 20 : 0)
}

function* shorterLists<T>(list: readonly T[]): Generator<readonly T[]> {
  for (let length = Math.ceil(list.length / 2); length >= 1; length = length === 1 ? 0 : Math.ceil(length / 2)) {
    for (let from = list.length - length; from > -length; from -= length)
      yield list.toSpliced(Math.max(0, from), length + Math.min(0, from))
  }
  if (list.length > PAIRS_MAX) return
  for (let one = list.length - 1; one > 0; one -= 1) {
    for (let other = one - 1; other >= 0; other -= 1) yield list.filter((_, at) => at !== one && at !== other)
  }
}

/** All times at once: one that is long is often so only because another one is. */
function* quickerSchedules(schedule: Schedule): Generator<Schedule> {
  const isTimed = schedule.some((step) => 'afterMs' in step || (isEffect(step) && typeof step.does === 'object'))
  if (!isTimed) return
  for (const maxMs of [0, 1, 1_000]) yield schedule.map((step) => quicker(step, maxMs))
  for (let at = 0; at < schedule.length; at += 1) {
    const step = schedule[at] as Step
    if ('afterMs' in step) yield schedule.map((each, nth) => quicker(each, nth === at ? 0 : 1))
  }
}

function quicker(step: Step, maxMs: number): Step {
  if (isEffect(step) && typeof step.does === 'object')
    return { ...step, does: { takesMs: Math.min(step.does.takesMs, Math.max(1, maxMs)) } }
  if (!('afterMs' in step) || step.afterMs === undefined) return step
  const { afterMs, ...rest } = step
  return maxMs === 0 ? (rest as Step) : { ...step, afterMs: Math.min(afterMs, maxMs) }
}

function isEffect(step: Step): step is ExecStep | SideEffectStep {
  return 'exec' in step || 'step' in step
}

function* simplerSteps(step: Step, declaredOf: DeclaredOf): Generator<Step> {
  if ('afterMs' in step && step.afterMs !== undefined) {
    const { afterMs, ...rest } = step
    yield rest as Step
    for (const shorterMs of simplerTimes(afterMs as number)) yield { ...step, afterMs: shorterMs }
  }
  if ('repeats' in step && step.repeats === 'delivery') yield { ...step, repeats: 'call' }
  if ('disconnects' in step) for (const ms of simplerTimes(step.disconnects)) yield { ...step, disconnects: ms }
  if ('timer' in step && step.lateMs !== 1) for (const lateMs of simplerTimes(step.lateMs)) yield { ...step, lateMs }
  if (isEffect(step) && typeof step.does === 'object') {
    for (const takesMs of simplerTimes(step.does.takesMs)) yield { ...step, does: { takesMs } }
  }
  if ('killedAfter' in step) for (const killedAfter of [1, step.killedAfter >> 1, step.killedAfter - 1]) yield { killedAfter }
  if ('diskFullAfter' in step) for (const diskFullAfter of [1, step.diskFullAfter >> 1, step.diskFullAfter - 1]) yield { diskFullAfter }
  if ('call' in step) for (const params of simplerParams(step.params, declaredOf(step.agent, step.call))) yield { ...step, params }
  if ('endpoint' in step) {
    for (const kwargs of simplerParams(step.kwargs, declaredOf(OUTSIDE, step.endpoint))) yield { ...step, kwargs: kwargs as JsonObject }
  }
}

/** Calls that are the same but for who makes them, all at once: it may matter that they are the same. */
function* simplerTogether(schedule: Schedule, declaredOf: DeclaredOf): Generator<Schedule> {
  const seen = new Set<string>()
  for (const step of schedule) {
    const key = callKey(step)
    if (key === null || seen.has(key)) continue
    seen.add(key)
    if (schedule.filter((each) => callKey(each) === key).length < 2) continue
    for (const simplerOne of simplerSteps(step, declaredOf)) {
      const params = 'call' in simplerOne ? simplerOne.params : 'endpoint' in simplerOne ? simplerOne.kwargs : null
      yield schedule.map((each) => (callKey(each) === key ? withParams(each, params) : each))
    }
  }
}

function callKey(step: Step): string | null {
  if ('call' in step) return canonical([step.call, step.params])
  return 'endpoint' in step ? canonical([step.endpoint, step.kwargs]) : null
}

function withParams(step: Step, params: Json): Step {
  if ('call' in step) return { ...step, params }
  return 'endpoint' in step ? { ...step, kwargs: params as JsonObject } : step
}

/** Whose endpoints are: nobody's that has a name. */
export const OUTSIDE = ''

/** What a tool allows stays so: a call that it refuses is another mistake, of a kind that nobody may have asked for. */
function* simplerParams(params: Json, declared: Declared | undefined): Generator<Json> {
  const isFree = declared?.allows(params) !== true
  for (const next of simpler(params, declared?.parameters)) if (isFree || declared.allows(next)) yield next
}

function simplerTimes(ms: number): number[] {
  return [1, 1_000, 60_000, 600_000].filter((each) => each < ms)
}
