/**
 * One agent writes, another one reviews, and rejected work goes back until it is approved, three times at most.
 *
 *     node examples/build-and-review.ts 'a function that parses ISO 8601 durations'
 */
import { agent, agentProcess, connect, done, fail, wait } from 'ramure'

const ROUNDS_MAX = 3

const BUILDER = `You are a careful TypeScript engineer. You get a specification and write one file that fulfils it.
Hand in the whole file with the tool "submit"; what you only say is not seen by anyone.
When your work comes back, repair exactly what was criticised and submit the whole file again.`

const REVIEWER = `You review TypeScript that somebody else wrote. Look for bugs and missing cases, not for taste.
Answer every submission with exactly one tool call: "approve" with the code you approve, or "reject" with the reason:
the input that goes wrong, what the code does with it, what it should do. You may ask "builder" with the tool "message".`

const CODE = { type: 'object', properties: { code: { type: 'string' } }, required: ['code'] }
const WHY = { type: 'object', properties: { why: { type: 'string' } }, required: ['why'] }

export const buildAndReview = agentProcess(
  'buildAndReview',
  async (spec: string) => {
    const builder = await agent('builder', { systemPrompt: BUILDER })
    const reviewer = await agent('reviewer', { systemPrompt: REVIEWER })
    connect(builder, reviewer)
    let rounds = 0

    builder.on('submit', { description: 'Hand in your work: the whole file.', input: CODE }, async ({ code }: { code: string }) => {
      await reviewer.send(`The specification: ${spec}\n\nReview:\n${code}`)
      return 'Sent to review. Wait for the answer.'
    })
    reviewer.on('reject', { description: 'Send the work back.', input: WHY }, async ({ why }: { why: string }) => {
      rounds += 1
      if (rounds >= ROUNDS_MAX) return fail(`rejected ${rounds} times, at last because: ${why}`)
      await builder.send(`Fix: ${why}`)
      return 'Sent back. Wait for the next version.'
    })
    reviewer.on('approve', { description: 'Accept the work.', input: CODE }, async ({ code }: { code: string }) => {
      done(code)
      return 'Approved.'
    })

    await builder.send(`Implement: ${spec}`)
    return wait<string>()
  },
  { timeoutMs: 30 * 60_000, summary: 'Write a file and have it reviewed' },
)

if (import.meta.main) console.log(await buildAndReview(process.argv[2] ?? 'fizzbuzz'))
