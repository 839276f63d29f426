/** Races: two deliveries whose order nobody has decided, and on which the end depends all the same. */
import type { Json } from '../../log/events.ts'
import { canonical, toJson } from '../../log/json.ts'
import type { Happened } from '../conductor.ts'
import { isAgentStep } from '../schedule.ts'
import type { SimulatedRun } from '../simulated-run.ts'
import type { PlayAgain, Violation } from './always.ts'

export interface Race {
  /** Who goes first in it. */
  readonly first: string
  readonly other: SimulatedRun
}

/** Swaps asked for in one run: each costs a run of its own. */
const SWAPS_MAX = 6

/** A pair of steps whose order decides what comes of the run; null when there is none. */
export async function raceIn(run: SimulatedRun, again: PlayAgain, of: (run: SimulatedRun) => unknown = endOf): Promise<Violation | null> {
  if (run.wasCutOff || run.outcome === 'killed' || run.outcome === 'log_dead') return null
  const end = canonical(toJson(of(run)))
  for (const { at, first, schedule, words } of [...swaps(run), ...overtakings(run)].slice(0, SWAPS_MAX)) {
    const other = await again(schedule)
    const otherEnd = canonical(toJson(of(other)))
    const went = other.happened[at]
    if (other.wasCutOff || otherEnd === end || !went || agentOf(went) !== first) continue
    return {
      why: `${words}: ${preview(end)} one way, ${preview(otherEnd)} the other`,
      race: { first, other },
    }
  }
  return null
}

interface Swap {
  /** Where in the schedule the order changes. */
  readonly at: number
  /** Who goes first in the other order. */
  readonly first: string
  readonly schedule: SimulatedRun['schedule']
  readonly words: string
}

function endOf({ outcome, result, error }: SimulatedRun): unknown {
  return { outcome, ...(outcome === 'completed' && { result }), ...(error && { error: error.message }) }
}

/** Neighbours that are calls of different agents, where the second could have come without the first. */
function swaps({ happened, entries, schedule }: SimulatedRun): Swap[] {
  return happened.flatMap((one, at) => {
    const two = happened[at + 1]
    const [first, second] = [schedule[at], schedule[at + 1]]
    if (!two || !first || !second || !isCall(one) || !isCall(two) || one.seq === null || two.seq === null) return []
    if (agentOf(one) === agentOf(two) || (entries[two.seq - 1]?.cause ?? 0) >= one.seq) return []
    // The pause belongs to the place, not to the step.
    const swapped = schedule.with(at, pausing(second, first)).with(at + 1, pausing(first, second))
    return [
      {
        at,
        first: agentOf(two),
        schedule: swapped,
        words: `the order of steps ${at + 1} and ${at + 2} decides the end, and neither leads to the other`,
      },
    ]
  })
}

/** Whoever had been asked as well, right before the call that ended the run: his own was on its way, and came to nobody. */
function overtakings({ happened, entries, schedule }: SimulatedRun): Swap[] {
  const at = happened.findLastIndex(isCall)
  const last = happened[at]
  const step = schedule[at]
  if (!last || !step || last.seq === null) return []
  const asked = new Set(
    entries.flatMap(({ type, agent, seq }) => (type === 'message' && agent !== undefined && seq < (last.seq ?? 0) ? [agent] : [])),
  )
  asked.delete(agentOf(last))
  return [...asked].map((agent) => ({
    at,
    first: agent,
    schedule: schedule.toSpliced(at, 1, pausing({ agent, acts: true }, step), pausing(step, { agent, acts: true })),
    words: `${agent} had been asked as well, and whoever is first decides the end`,
  }))
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
