/** Every single stall that may change the order of a recording. */
import type { Entry } from '../log/events.ts'
import type { Stall } from './stalled-queue.ts'

/** Held back further than that, an agent comes last anyway in most runs. */
const DELIVERIES_MAX = 12

/**
 * One stall for each tool call of each agent and each number of deliveries it can be held back by, the mildest first: a
 * choice that shrinks towards the front of the list shrinks towards the recorded order.
 * With fast-check: `fc.array(fc.constantFrom(...stallsOf(run.entries)), { maxLength: 2 })`.
 */
export function stallsOf(recording: readonly Entry[]): readonly Stall[] {
  const inputs = recording.filter((entry) => entry.by === 'world')
  const calls = new Map<string, number>()
  const stalls = inputs.flatMap((entry, index) => {
    if (entry.type !== 'tool_call' || entry.agent === undefined) return []
    const { agent } = entry
    const call = (calls.get(agent) ?? 0) + 1
    calls.set(agent, call)
    const others = inputs.slice(index + 1).filter((later) => later.agent !== agent).length
    return Array.from({ length: Math.min(others, DELIVERIES_MAX) }, (_, nth): Stall => ({ agent, call, deliveries: nth + 1 }))
  })
  return stalls.sort((a, b) => a.deliveries - b.deliveries)
}
