import { always, property, simulate } from 'ramure/testing'
import { describe, expect, test } from 'vitest'
import { mergeGate } from '../../examples/merge-gate-obvious.ts'
import { approvedByBoth, reviewed } from './agents/merge-gate.ts'

describe('merge-gate, as one writes it first', () => {
  test('works in the run one thinks of', async () => {
    expect((await simulate(mergeGate, ['limit logins'], { agents: reviewed })).value()).toBe('patch 2')
  })

  test('merges what one reviewer has approved twice', async () => {
    const tested = property(mergeGate, ['limit logins']).faults({ duplicateCall: true }).with({ seed: 1, keep: false })
    await expect(tested.check(approvedByBoth)).rejects.toThrow(/approve \{\}\s+the same call again|approve \{\}[^]*approve \{\}/)
  })

  test('waits for ever when a reviewer says nothing', async () => {
    const tested = property(mergeGate, ['limit logins']).faults({ silence: true }).with({ seed: 1, keep: false })
    await expect(tested.check(always.terminates('2h'))).rejects.toThrow(/waits for done\(\) or fail\(\).*nothing left can wake it/)
  })
})
