/** What the function that plays an agent of a simulation can do beyond a scripted agent's own. */
import type { Json } from '../log/events.ts'
import { toJson } from '../log/json.ts'
import type { ScriptedAgent } from '../runtime/driver-choice.ts'
import { sleep } from '../runtime/effects.ts'
import { messages } from '../runtime/scripted-agent.ts'
import type { Line } from './cast.ts'
import type { Worker } from './workers.ts'

/**
 * A scripted agent in virtual time. `Date`, `setTimeout` and the like follow the run's clock; `Math.random` and ids come
 * from the simulation's seed.
 */
export interface SimulatedAgent extends ScriptedAgent {
  /** Waits for `ms` of the run's time. Rejects when the agent is shut down. */
  sleep(ms: number): Promise<void>
  /**
   * Loses its connection for `ms` of the run's time, then registers again; what was said on either side in the meantime
   * arrives then. Rejects when the run has given the agent up before: its `graceMs` were over.
   */
  disconnect(ms: number): Promise<void>
  /** Its last call is delivered again under the same call id, as by a client that does not know whether it arrived. */
  again(): void
}

/** A part for an agent that is there and never does anything. */
export function silent(): void {}

/** A part that takes its messages and does nothing by itself: a schedule says what it does. */
export async function listens(me: SimulatedAgent): Promise<void> {
  for await (const _ of me.messages);
}

/** @param turn held before each call, when somebody conducts. */
export function simulatedAgent(
  me: ScriptedAgent,
  worker: Worker,
  line: Pick<Line, 'cut' | 'mend' | 'again'>,
  turn?: (call: { readonly tool: string; readonly params: Json }) => Promise<void>,
): SimulatedAgent {
  const next = () => worker.parked(me.next())
  const pause = (ms: number) => worker.inside(() => sleep(ms))
  return Object.assign(Object.create(me) as ScriptedAgent, {
    next,
    messages: { [Symbol.asyncIterator]: () => messages(next, me.signal) },
    call: (tool: string, params: Record<string, unknown> = {}) =>
      worker.parked(turn ? turn({ tool, params: toJson(params) }).then(() => me.call(tool, params)) : me.call(tool, params)),
    sleep: pause,
    again: line.again,
    async disconnect(ms: number) {
      line.cut()
      await pause(ms)
      me.signal.throwIfAborted()
      line.mend()
    },
  })
}
