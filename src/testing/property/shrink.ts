/** From a run that breaks an invariant to the smallest one that can be found that breaks the same. */
import type { Definition } from '../../log/events.ts'
import type { Checked, Failure } from './check-run.ts'
import { type Declared, isSmaller, OUTSIDE, type Plan, simplerPlans, textOf } from './plan.ts'
import type { Played } from './play.ts'
import type { ArgumentMaker } from './values.ts'

export interface Shrunk {
  readonly played: Played
  readonly failure: Failure
  /** Which of the simpler plans was taken, each time. */
  readonly path: readonly number[]
}

/** Runs that one counterexample may cost. */
const ATTEMPTS_MAX = 600

type Allows = ArgumentMaker['allows']

/**
 * @param allows whether a tool allows these arguments.
 * @param test plays a plan and says what it breaks.
 */
export async function shrink(found: Shrunk, allows: Allows, test: (plan: Plan) => Promise<Checked>): Promise<Shrunk> {
  const tried = new Set<string>()
  const next = async (best: Shrunk, from: number): Promise<{ shrunk: Shrunk; nth: number } | null> => {
    for (const { plan, nth } of roundFrom(from, () => simplerPlans(best.played.plan, declaredIn(best.played, allows)))) {
      if (tried.size >= ATTEMPTS_MAX) return null
      const key = textOf(plan)
      if (tried.has(key)) continue
      tried.add(key)
      const { played, failure } = await test(plan)
      if (failure?.invariant.name !== best.failure.invariant.name || !isSmaller(played.plan, best.played.plan)) continue
      return { shrunk: { played, failure, path: [...best.path, nth] }, nth }
    }
    return null
  }
  let best = found
  for (let from = 0; ; ) {
    const smaller = await next(best, from)
    if (!smaller) return best
    best = smaller.shrunk
    from = smaller.nth
  }
}

/** All of them, beginning where the last one was taken: what did not help before it will hardly help now. */
function* roundFrom(from: number, plans: () => Iterable<Plan>): Generator<{ readonly plan: Plan; readonly nth: number }> {
  let nth = -1
  for (const plan of plans()) {
    nth += 1
    if (nth >= from) yield { plan, nth }
  }
  nth = -1
  for (const plan of plans()) {
    nth += 1
    if (nth >= from) return
    yield { plan, nth }
  }
}

/** Follows a path that an earlier `shrink` took; stops where it leads nowhere. */
export async function follow(
  start: Played,
  path: readonly number[],
  allows: Allows,
  play: (plan: Plan) => Promise<Played>,
): Promise<Played> {
  let played = start
  for (const wanted of path) {
    const plan = nth(simplerPlans(played.plan, declaredIn(played, allows)), wanted)
    if (!plan) return played
    played = await play(plan)
  }
  return played
}

function nth<T>(items: Iterable<T>, wanted: number): T | null {
  let at = 0
  for (const item of items) {
    if (at === wanted) return item
    at += 1
  }
  return null
}

/** The tools of a run, by who had them. */
function declaredIn({ run }: Played, allows: Allows): (agent: string, tool: string) => Declared | undefined {
  const known = new Map<string, Declared>()
  const add = (agent: string | undefined, tool: Definition) =>
    known.set(`${agent} ${tool.name}`, { parameters: tool.parameters, allows: (params) => allows(tool, params) })
  for (const entry of run.entries) {
    if (entry.type === 'tool_registered') add(entry.agent, entry.data)
    else if (entry.type === 'endpoint_exposed') add(OUTSIDE, entry.data.definition)
    else if (entry.type === 'registered') for (const tool of entry.data.tools) add(entry.agent, tool)
  }
  return (agent, tool) => known.get(`${agent} ${tool}`)
}
