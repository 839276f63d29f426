import type { LoadedRun } from './load.ts'

/** What the run is, in one word: how it ended, or what can be said of one that has not. */
export function statusOf({ state: { run }, life }: Pick<LoadedRun, 'state' | 'life'>): string {
  if (run.endedAt === null && run.counterexample !== null) return run.counterexample.outcome
  return life === 'orphaned' || life === 'unknown' ? life : run.status
}
