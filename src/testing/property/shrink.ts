/** From a run that breaks an invariant to the smallest one that can be found that breaks the same. */
import type { Json } from '../../log/events.ts'
import type { Checked, Failure } from './check-run.ts'
import { isSmaller, type Plan, simplerPlans } from './plan.ts'
import type { Played } from './play.ts'

export interface Shrunk {
  readonly played: Played
  readonly failure: Failure
  /** Which of the simpler plans was taken, each time. */
  readonly path: readonly number[]
}

/** Runs that one counterexample may cost. */
const ATTEMPTS_MAX = 600

/** @param test plays a plan and says what it breaks. */
export async function shrink(found: Shrunk, test: (plan: Plan) => Promise<Checked>): Promise<Shrunk> {
  let best = found
  let attemptsLeft = ATTEMPTS_MAX
  for (let isShrinking = true; isShrinking; ) {
    isShrinking = false
    let nth = -1
    for (const plan of simplerPlans(best.played.plan, schemaIn(best.played))) {
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
export async function follow(start: Played, path: readonly number[], play: (plan: Plan) => Promise<Played>): Promise<Played> {
  let played = start
  for (const wanted of path) {
    const plan = nth(simplerPlans(played.plan, schemaIn(played)), wanted)
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

/** What a tool declared about its arguments. */
function schemaIn({ run }: Played): (agent: string, tool: string) => Json | undefined {
  const known = new Map<string, Json>()
  for (const entry of run.entries) {
    if (entry.type === 'tool_registered') known.set(`${entry.agent} ${entry.data.name}`, entry.data.parameters)
    else if (entry.type === 'registered') for (const tool of entry.data.tools) known.set(`${entry.agent} ${tool.name}`, tool.parameters)
  }
  return (agent, tool) => known.get(`${agent} ${tool}`)
}
