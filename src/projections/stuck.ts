/** Whether anything in a live run can still move it. */
import type { Overview } from './overview.ts'

/**
 * True when, as far as is recorded, nothing in the run can go on by itself: nothing is in flight, no agent is at work or has
 * something to read, and no timer is set but the limits of processes.
 */
export function isStuck({ run, calls, agents }: Overview): boolean {
  if (run.endedAt !== null || run.startedAt === null || run.stopRequested !== null) return false
  if ([...calls.pending.keys()].some((key) => !isLimit(key))) return false
  return [...agents.byName.values()].every(
    ({ state, unapplied }) => state === 'exited' || ((state === 'idle' || state === 'registered') && unapplied.size === 0),
  )
}

/** What there is to say of a run of which `isStuck` is true. */
export function stuckText({ calls }: Overview): string {
  const end = [...calls.pending.keys()].some(isLimit)
    ? 'a time limit or a word from outside can end this'
    : 'a word from outside can go on with it'
  return `nothing is in flight, no agent is at work: only ${end}`
}

function isLimit(key: string): boolean {
  return key.startsWith('timer timeout')
}
