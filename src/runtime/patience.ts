/** Waiting for what others have to bring to an end: a machine, a launch, a command. They may never do it. */
import type { RimTimers } from './outside.ts'

/** How long the end of an agent or of a run waits for such things, in ms. */
export const PATIENCE_MS = 10_000

/** What `work` gives, or, when it has given nothing for `ms`, what `otherwise` gives. Rejects as `work` does. */
export function waitAtMost<T>(ms: number, work: Promise<T>, otherwise: () => T, timers: RimTimers): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = timers.set(() => resolve(otherwise()), ms)
    const settled = <V>(settle: (value: V) => void) => {
      return (value: V) => {
        timers.clear(timer)
        settle(value)
      }
    }
    work.then(settled(resolve), settled(reject))
  })
}
