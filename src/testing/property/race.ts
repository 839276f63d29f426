/** Races: two deliveries whose order nobody has decided, and on which the end depends all the same. */
import type { Json } from '../../log/events.ts'
import { canonical, toJson } from '../../log/json.ts'
import type { Happened } from '../conductor.ts'
import { isAgentStep } from '../schedule.ts'
import type { SimulatedRun } from '../simulated-run.ts'
import type { PlayAgain, Violation } from './always.ts'

export interface Race {
  /** Numbers of the two steps that changed places, 1 for the first. */
  readonly steps: readonly [number, number]
  readonly other: SimulatedRun
}

/** Swaps asked for in one run: each costs a run of its own. */
const SWAPS_MAX = 6

/** A pair of neighbouring steps whose order decides what comes of the run; null when there is none. */
export async function raceIn(run: SimulatedRun, again: PlayAgain, of: (run: SimulatedRun) => unknown = endOf): Promise<Violation | null> {
  if (run.wasCutOff || run.outcome === 'killed' || run.outcome === 'log_dead') return null
  const end = canonical(toJson(of(run)))
  for (const at of swaps(run).slice(0, SWAPS_MAX)) {
    const steps = run.schedule
    const [one, two] = [steps[at], steps[at + 1]]
    if (!one || !two) continue
    // The pause belongs to the place, not to the step.
    const other = await again(steps.with(at, pausing(two, one)).with(at + 1, pausing(one, two)))
    const otherEnd = canonical(toJson(of(other)))
    if (!other.wasCutOff && otherEnd !== end) {
      const why = `the order of steps ${at + 1} and ${at + 2} decides the end, and neither leads to the other: ${preview(end)} one way, ${preview(otherEnd)} the other`
      return { why, race: { steps: [at + 1, at + 2], other } }
    }
  }
  return null
}

function endOf({ outcome, result, error }: SimulatedRun): unknown {
  return { outcome, ...(outcome === 'completed' && { result }), ...(error && { error: error.message }) }
}

/** Where two neighbours are calls of different agents, and the second could have come without the first. */
function swaps({ happened, entries }: SimulatedRun): number[] {
  return happened.flatMap((one, at) => {
    const two = happened[at + 1]
    if (!two || !isCall(one) || !isCall(two) || one.seq === null || two.seq === null) return []
    if (agentOf(one) === agentOf(two)) return []
    const cause = entries[two.seq - 1]?.cause ?? 0
    return cause < one.seq ? [at] : []
  })
}

function isCall({ step }: Happened): boolean {
  return 'call' in step || 'acts' in step
}

function agentOf({ step }: Happened): string {
  return isAgentStep(step) ? step.agent : ''
}

function pausing<T extends SimulatedRun['schedule'][number]>(step: T, like: SimulatedRun['schedule'][number]): T {
  const { afterMs: _, ...rest } = step as T & { readonly afterMs?: number }
  return { ...rest, ...('afterMs' in like && like.afterMs !== undefined && { afterMs: like.afterMs }) } as T
}

function preview(text: string): string {
  const value = JSON.parse(text) as Json
  const short = JSON.stringify(value)
  return short.length > 100 ? `${short.slice(0, 99)}…` : short
}
