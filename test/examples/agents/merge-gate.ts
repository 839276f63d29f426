/** An author who repairs what is objected to, and two reviewers of whom one objects once. */
import type { Part, SimulatedRun } from 'ramure/testing'

export const reviewed: Record<string, Part> = {
  author: async (me) => {
    let count = 0
    for await (const _ of me.messages) {
      count += 1
      await me.call('propose', { patch: `patch ${count}` })
    }
  },
  alice: async (me) => {
    for await (const _ of me.messages) await me.call('approve')
  },
  bob: async (me) => {
    await me.next()
    await me.call('object', { why: 'no tests' })
    await me.next()
    await me.call('approve')
  },
}

/** What was merged was approved by both since it was proposed. A call that was refused proposes nothing. */
export function approvedByBoth(run: SimulatedRun): boolean {
  const proposedSeq = run.calls({ tool: 'propose' }).findLast(({ error }) => error === undefined)?.seq ?? 0
  const approvals = run.calls({ tool: 'approve' }).filter(({ seq }) => seq > proposedSeq)
  return run.outcome !== 'completed' || new Set(approvals.map(({ agent }) => agent)).size === 2
}
