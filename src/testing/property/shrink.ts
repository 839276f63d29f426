/** From a run that breaks an invariant to the smallest one that can be found that breaks the same. */
import type { Definition } from '../../log/events.ts'
import type { Checked, Failure } from './check-run.ts'
import { type Declared, isSmaller, type Plan, simplerPlans } from './plan.ts'
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
  let best = found
  let attemptsLeft = ATTEMPTS_MAX
  for (let isShrinking = true; isShrinking; ) {
    isShrinking = false
    let nth = -1
    for (const plan of simplerPlans(best.played.plan, declaredIn(best.played, allows))) {
      nth += 1
      if (attemptsLeft === 0) return best
      attemptsLeft -= 1
      const { played, failure } = await test(plan)
      if (failure?.invariant.name !== best.failure.invariant.name || !isSmaller(played.plan, best.played.plan)) continue
      best = { played, failure, path: [...best.path, nth] }
      isShrinking = true
      break
    }
  }
  return best
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
    else if (entry.type === 'registered') for (const tool of entry.data.tools) add(entry.agent, tool)
  }
  return (agent, tool) => known.get(`${agent} ${tool}`)
}
