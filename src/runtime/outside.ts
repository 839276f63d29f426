/**
 * Leaves every scope: the runtime's own sockets, timers and files must not become the program's. Captured when the
 * library is loaded, so before any scope exists.
 */
import { AsyncLocalStorage } from 'node:async_hooks'

/** Runs `fn(...args)` with no ambient scope and returns what it returns. */
export const outside: <A extends unknown[], R>(fn: (...args: A) => R, ...args: A) => R = AsyncLocalStorage.snapshot()

/** The real clock and timers, captured before anything could be patched. */
export const real = {
  now: Date.now.bind(Date),
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setImmediate: globalThis.setImmediate,
}

/** What the rim of a run waits with: Node's timers in a live run, a virtual clock's in a simulation. */
export interface RimTimers {
  /** Calls `act` after `ms`, outside of every scope; returns what `clear` takes. */
  set(act: () => void, ms: number): unknown
  clear(timer: unknown): void
}

export const realTimers: RimTimers = {
  set: (act, ms) => real.setTimeout(act, ms),
  clear: (timer) => real.clearTimeout(timer as NodeJS.Timeout),
}

/** One whole macrotask turn: every microtask and `nextTick` that was queued, and that those queue, runs before it resolves. */
export function turn(): Promise<void> {
  return outside(() => new Promise((resolve) => void real.setImmediate(resolve)))
}
