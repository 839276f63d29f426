/**
 * The same question about several files at once: one child process and one agent per file, all of them side by side.
 *
 *     node examples/fan-out.ts src/index.ts package.json README.md
 */
import { agent, agentProcess, done, wait } from 'ramure'
import { z } from 'zod'

const READER = `You explain source files. Read the file you are told about with your own tools, then hand in one sentence
that says what it is for with the tool "submit". Change nothing.`

const SENTENCE = z.object({ sentence: z.string().describe('What the file is for.') })

const explain = agentProcess(
  'explain',
  async (file: string, nth: number) => {
    // Names of agents are unique in a run, so each child needs one of its own.
    const reader = await agent(`reader-${nth}`, { systemPrompt: READER })
    reader.on('submit', { description: 'Hand in the sentence.', input: SENTENCE }, async ({ sentence }) => {
      done(sentence)
      return 'Thank you.'
    })
    await reader.send(`What is ${file} for?`)
    return wait<string>()
  },
  { timeoutMs: 5 * 60_000 },
)

export const explainAll = agentProcess('explainAll', async (files: readonly string[]) => {
  const sentences = await Promise.all(files.map((file, index) => explain(file, index + 1)))
  return files.map((file, index) => `${file}: ${sentences[index]}`)
})

if (import.meta.main) {
  const files = process.argv.slice(2)
  console.log((await explainAll(files.length > 0 ? files : ['package.json', 'README.md'])).join('\n'))
}
