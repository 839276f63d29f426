/** Every single stall that may change the order of a recording. */
import type { Entry } from '../log/events.ts'
import type { Stall } from './stalled-queue.ts'

/** What fast-check's `mapToConstant` takes: it shrinks towards the front of the list. */
export interface Stalls {
  readonly all: readonly Stall[]
  /** How many there are. */
  readonly num: number
  build(nth: number): Stall
}

/** Held back further than that, an agent comes last anyway in most runs. */
const DELIVERIES_MAX = 12

/**
 * Every tool call of every agent in recorded order, held back by 1, 2, 3 … deliveries: one place further to the front is
 * one delivery less. With fast-check: `fc.array(fc.mapToConstant(stallsOf(run.entries)), { maxLength: 1 })`.
 */
export function stallsOf(recording: readonly Entry[]): Stalls {
  const all = allStalls(recording)
  return { all, num: all.length, build: (nth) => all[nth] as Stall }
}

function allStalls(recording: readonly Entry[]): readonly Stall[] {
  const inputs = recording.filter((entry) => entry.by === 'world')
  const calls = new Map<string, number>()
  return inputs.flatMap((entry, index) => {
    if (entry.type !== 'tool_call' || entry.agent === undefined) return []
    const { agent } = entry
    const call = (calls.get(agent) ?? 0) + 1
    calls.set(agent, call)
    const others = inputs.slice(index + 1).filter((later) => later.agent !== agent).length
    return Array.from({ length: Math.min(others, DELIVERIES_MAX) }, (_, nth): Stall => ({ agent, call, deliveries: nth + 1 }))
  })
}
