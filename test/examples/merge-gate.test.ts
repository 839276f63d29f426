import { always, property, simulate } from 'ramure/testing'
import { describe, expect, test } from 'vitest'
import { mergeGate } from '../../examples/merge-gate.ts'
import { approvedByBoth, reviewed } from './agents/merge-gate.ts'

describe('merge-gate', () => {
  test('merges what both reviewers have approved', async () => {
    const run = await simulate(mergeGate, ['limit logins'], { agents: reviewed })
    expect(run.value()).toBe('patch 2')
    expect(run.messages('author')).toEqual(['limit logins', 'bob objects: no tests'])
  })

  test('merges nothing that one reviewer has approved twice, and never waits for ever, whatever happens', async () => {
    const explored = await property(mergeGate, ['limit logins'])
      .faults('all')
      .with({ seed: 1, runs: 100, keep: false })
      .check(approvedByBoth, always.terminates('2h'), always.noOrphans(), always.everyCallAnsweredOnce())
    expect(explored.outcomes.completed).toBeGreaterThan(10)
  })
})
