/** Recorded side effects, recorded time, and names for concurrent code. */
import type { Json } from '../log/events.ts'
import { checkName } from '../log/ids.ts'
import { deferred } from './deferred.ts'
import { ask, recorded } from './pending.ts'
import { requireScope, within } from './scope.ts'
import { checkDelay, setTimer } from './timer.ts'

/** What a step's function runs with: the real world, outside of the process. */
export interface StepContext {
  /** Aborts when the process ends before the step did. */
  readonly signal: AbortSignal
}

export type StepFunction = (context: StepContext) => unknown

/**
 * Runs `fn` once, for real, and records its result: a rerun gets the recorded one. Resolves with the result as JSON;
 * rejects with what `fn` threw, revived from the log.
 */
export function step<T = Json>(name: string, fn: (context: StepContext) => T | Promise<T>): Promise<T> {
  return recorded(() => {
    const scope = requireScope('step()')
    checkName('step', name)
    if (typeof fn !== 'function') throw new TypeError(`step('${name}') takes a function.`)
    return ask(scope, 'step_started', { name }, fn satisfies StepFunction).then(({ value }) => value as T)
  })
}

/** Resolves after `ms` of the run's time, at most 2,147,483,647. Rejects when the process ends first. Throws RangeError. */
export function sleep(ms: number): Promise<void> {
  return recorded(() => {
    const slept = deferred<void>()
    setTimer(requireScope('sleep()'), 'sleep', checkDelay('sleep', ms), slept.resolve, slept.reject)
    return slept.promise
  })
}

/** Runs `fn` in a scope of its own, so that what it does keeps its names whatever runs beside it. */
export function branch<T>(name: string, fn: () => Promise<T> | T): Promise<T> {
  const parent = requireScope('branch()')
  checkName('branch', name)
  const scope = parent.sub(`branch(${name})#${parent.ordinal(`branch ${name}`)}`)
  return within(scope, async () => fn())
}

/** `Promise.all` with names: each arm is a `branch`. Rejects as soon as one does; the others go on. */
export async function parallel<T extends Record<string, () => unknown>>(arms: T): Promise<{ [K in keyof T]: Awaited<ReturnType<T[K]>> }> {
  requireScope('parallel()')
  const running = Object.entries(arms).map(async ([name, fn]) => [name, await branch(name, fn)] as const)
  return Object.fromEntries(await Promise.all(running)) as { [K in keyof T]: Awaited<ReturnType<T[K]>> }
}
