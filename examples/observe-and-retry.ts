/**
 * Watches a child process fail and tries again, with a fresh agent that knows what went wrong before. The agent does not
 * decide whether it has succeeded: the command does.
 *
 *     node examples/observe-and-retry.ts 'npm test'
 */
import { agent, agentProcess, done, emit, fail, spawn, wait } from 'ramure'

const ATTEMPTS_MAX = 3

const REPAIRER = `You repair the project in the current folder until a given command succeeds. Change as little as possible,
and never the command itself or its tests. When you believe that it is repaired, call the tool "finished". When you cannot
go on, call "give_up" and say what stands in the way: somebody else will read it and try after you.`

const WHY = { type: 'object', properties: { why: { type: 'string' } }, required: ['why'] }

const repair = agentProcess(
  'repair',
  async (command: string, attempt: number, before: string) => {
    const repairer = await agent(`repairer-${attempt}`, { systemPrompt: REPAIRER })

    repairer.on('finished', { description: 'It is repaired; the command will be run.' }, async () => {
      const { ok, exit_code, stdout, stderr } = await repairer.exec(command, { timeoutMs: 5 * 60_000 })
      if (ok) done(stdout)
      else fail(`exit code ${exit_code}: ${(stderr || stdout).slice(-2_000)}`)
      return ok ? 'It succeeds.' : 'It still fails.'
    })
    repairer.on('give_up', { description: 'Somebody else should try.', input: WHY }, async ({ why }: { why: string }) => {
      fail(why)
      return 'Thank you for trying.'
    })

    await repairer.send(`The command: ${command}\nThe last attempt: ${before}`)
    return wait<string>()
  },
  { timeoutMs: 20 * 60_000 },
)

export const untilItSucceeds = agentProcess('untilItSucceeds', async (command: string) => {
  let before = 'none, you are the first'
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
    for await (const event of spawn(repair, command, attempt, before).events) {
      if (event.type === 'done') return { attempt, output: String(event.data) }
      // A timeout and an agent that crashed end up here as well.
      if (event.type === 'failed') before = String(event.data)
    }
    emit('attempt_failed', { attempt, why: before })
  }
  throw new Error(`${ATTEMPTS_MAX} attempts failed, the last one with: ${before}`)
})

if (import.meta.main) console.log(await untilItSucceeds(process.argv[2] ?? 'npm test'))
