import fc from 'fast-check'
import { always, property } from 'ramure/testing'
import { expect } from 'vitest'
import { buildAndReview } from '../../../examples/build-and-review.ts'

/** build-and-review survives `runs` schedules of everything there is. */
export async function takesEverything(runs: number): Promise<void> {
  const explored = await property(buildAndReview, [fc.string()])
    .faults('all')
    .with({ seed: 1, runs, keep: false })
    .check(
      always.terminates('45m'),
      always.endsOnce(),
      always.everyCallAnsweredOnce(),
      always.nothingSentToTheDead(),
      always.noOrphans(),
      always.notStuck(),
      always.projectionsAgree(),
      always.replays(),
      (run) => run.count('message', { to: 'builder' }) <= 3,
    )
  expect(explored.schedules).toBe(runs)
  for (const outcome of ['completed', 'failed', 'timed_out', 'killed', 'log_dead'] as const)
    expect(explored.outcomes[outcome]).toBeGreaterThan(runs / 100)
  for (const tool of ['builder.submit', 'reviewer.approve', 'reviewer.reject']) expect(explored.calls[tool]).toBeGreaterThan(runs / 10)
  expect(explored.agents).toEqual({ builder: ['submit'], reviewer: ['reject', 'approve'] })
}
