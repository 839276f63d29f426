/**
 * A change is merged when both reviewers have approved it, each for himself, and not after more than two hours.
 *
 *     node examples/merge-gate.ts 'limit logins to five a minute'
 */
import { agent, agentProcess, done, wait } from 'ramure'

const AUTHOR = `You are a careful engineer. Make the change you are asked for and hand it in with the tool "propose".
When a reviewer objects, repair exactly that and propose the whole patch again.`

const REVIEWER = `You review patches. Answer each of them with exactly one tool call: "approve", or "object" with the reason.`

const PATCH = { type: 'object', properties: { patch: { type: 'string' } }, required: ['patch'] }
const WHY = { type: 'object', properties: { why: { type: 'string' } }, required: ['why'] }

export const mergeGate = agentProcess(
  'mergeGate',
  async (task: string) => {
    const author = await agent('author', { systemPrompt: AUTHOR })
    const reviewers = [await agent('alice', { systemPrompt: REVIEWER }), await agent('bob', { systemPrompt: REVIEWER })]
    let proposed = ''
    // Who has approved, not how often: a model says things twice.
    const approved = new Set<string>()

    author.on('propose', { description: 'Hand in the whole patch.', input: PATCH }, async ({ patch }: { patch: string }) => {
      proposed = patch
      approved.clear()
      for (const reviewer of reviewers) await reviewer.send(`Review:\n${patch}`)
      return 'Sent to review. Wait for the answers.'
    })
    for (const reviewer of reviewers) {
      reviewer.on('approve', { description: 'Accept the patch.' }, async () => {
        approved.add(reviewer.name)
        if (approved.size === reviewers.length) done(proposed)
        return 'Noted.'
      })
      reviewer.on('object', { description: 'Send the patch back.', input: WHY }, async ({ why }: { why: string }) => {
        approved.clear()
        await author.send(`${reviewer.name} objects: ${why}`)
        return 'Sent back. Wait for the next version.'
      })
    }

    await author.send(task)
    return wait<string>()
  },
  // A reviewer that falls silent must not hold the change up for ever.
  { timeoutMs: 2 * 3_600_000 },
)

if (import.meta.main) console.log(await mergeGate(process.argv[2] ?? 'limit logins to five a minute'))
