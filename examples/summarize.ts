/**
 * One agent, one tool, one answer.
 *
 *     node examples/summarize.ts README.md
 */
import { readFile } from 'node:fs/promises'
import { agent, agentProcess, done, step, wait } from 'ramure'
import { z } from 'zod'

const WRITER = `You summarize documents for people who have one minute. You get a whole document in one message.
Hand in three plain sentences, without a heading, with the tool "submit". Call it once; nothing else you say is read.`

export const summarize = agentProcess(
  'summarize',
  async (path: string) => {
    // A step is recorded: a replay of this run reads the document as it was, not as it is then.
    const text = await step('readDocument', () => readFile(path, 'utf8'))
    const writer = await agent('writer', { systemPrompt: WRITER })

    writer.on('submit', { description: 'Hand in the summary.', input: z.object({ summary: z.string().min(1) }) }, async ({ summary }) => {
      done(summary)
      return 'Thank you.'
    })

    await writer.send(`Summarize ${path}:\n\n${text}`)
    return wait<string>()
  },
  { timeoutMs: 10 * 60_000 },
)

if (import.meta.main) console.log(await summarize(process.argv[2] ?? 'README.md'))
