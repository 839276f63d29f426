/** Timers of the run: set and fired in the log. Live they wait in the rim; a rerun is fired by its recording. */
import { expect, forget, openProcess } from './pending.ts'
import type { ProcessScope } from './process-scope.ts'
import { output } from './run.ts'
import { type Scope, within } from './scope.ts'

/** Longest delay of a timer, as in Node: 2^31 - 1 ms, about 24.8 days. */
export const DELAY_MS_MAX = 2 ** 31 - 1

/** Calls back in `scope` after `ms` of the run's time. Returns how to clear it; clearing twice or late does nothing. */
export function setTimer(
  scope: Scope,
  label: string,
  ms: number,
  callback: () => void,
  onEnd: (error: unknown) => void = () => {},
): () => void {
  return armTimer(openProcess(scope, label), scope, label, ms, callback, onEnd)
}

/** Like `setTimer`, for the runtime's own use in a process that may be closing. */
export function armTimer(
  process: ProcessScope,
  scope: Scope,
  label: string,
  ms: number,
  callback: () => void,
  onEnd: (error: unknown) => void = () => {},
): () => void {
  const timer = `${label}:${scope.ordinal(`timer ${label}`)}`
  const asked = output(scope, 'timer_set', { timer, ms: delay(ms) })
  expect(process, asked, { settle: () => within(scope, callback), reject: onEnd })
  return () => {
    if (!forget(process, asked.seq)) return
    scope.run.rim.abandon(asked.seq)
    output(scope, 'timer_cleared', { timer })
  }
}

/** Returns `ms`. Throws RangeError when it is no number or more than a timer can wait: Node would fire at once. */
export function checkDelay(what: string, ms: unknown): number {
  if (typeof ms === 'number' && ms <= DELAY_MS_MAX) return ms
  throw new RangeError(`${what} takes milliseconds up to ${DELAY_MS_MAX}, about 24.8 days; it was given ${String(ms)}.`)
}

/** As in Node: too short, too long and no number at all are 1 ms. */
function delay(ms: number): number {
  if (!(ms >= 1)) return 1
  return ms > DELAY_MS_MAX ? 1 : Math.trunc(ms)
}
