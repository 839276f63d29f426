/** Whether everything that looks at a run sees the same. */
import { isDeepStrictEqual } from 'node:util'
import { overview } from '../../projections/overview.ts'
import { fold, type Projection } from '../../projections/projection.ts'
import { fromSnapshot, toSnapshot } from '../../projections/snapshot.ts'
import { timeline } from '../../projections/timeline.ts'
import type { SimulatedRun } from '../simulated-run.ts'

/** Where two views of the run disagree; null when none do. */
export function disagreement(run: SimulatedRun): string | null {
  return halves(run, overview) ?? halves(run, timeline) ?? livingAgents(run)
}

/** Folded at once, or up to the middle, kept as JSON, and on from there. */
function halves<S>({ entries }: SimulatedRun, projection: Projection<S>): string | null {
  const middle = entries.length >> 1
  const whole = toSnapshot(projection, fold(projection, entries), entries.length)
  const half = toSnapshot(projection, fold(projection, entries.slice(0, middle)), middle)
  const kept = fromSnapshot(projection, JSON.parse(JSON.stringify(half)))
  if (kept === null) return `the projection ${projection.name} does not take its own snapshot back`
  const resumed = toSnapshot(projection, fold(projection, entries.slice(middle), kept), entries.length)
  return isDeepStrictEqual(resumed, whole)
    ? null
    : `the projection ${projection.name} comes to something else when it goes on from entry ${middle}`
}

/** Agents that the runtime knows of, and those that the recording says are there. */
function livingAgents({ agents, standing, outcome }: SimulatedRun): string | null {
  if (outcome === 'killed' || outcome === 'log_dead') return null
  const recorded = [...agents.values()].filter(({ state }) => state !== 'exited').map(({ name }) => name)
  const known = standing.filter(({ state }) => state !== 'exited').map(({ name }) => name)
  const text = (names: readonly string[]) => names.toSorted().join(', ') || 'none'
  return text(recorded) === text(known) ? null : `the recording has the agents ${text(recorded)}, the runtime has ${text(known)}`
}
