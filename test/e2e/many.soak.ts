import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { agent, agentProcess, localImage } from '../../src/index.ts'
import { openWorld, processesOf, until } from './world.ts'

const COUNT = 12
const LAUNCHES_MAX = 4

test('twelve agents asked for at once all start, at most four at a time, talk, and leave nothing', async () => {
  await using world = await openWorld()
  const names = Array.from({ length: COUNT }, (_, index) => `agent-${index}`)
  const program = agentProcess(
    'many',
    async () => {
      let heard = 0
      const all = Promise.withResolvers<number>()
      await Promise.all(
        names.map(async (name) => {
          const member = await agent(name)
          member.on('report', { input: { type: 'object' } }, ({ from }: { from: string }) => {
            heard += 1
            if (heard === COUNT) all.resolve(heard)
            return `heard ${from}`
          })
          await member.send(`call report {"from":"${name}"}`)
        }),
      )
      return all.promise
    },
    { image: localImage({ workdir: world.project }) },
  )
  const startedAt = performance.now()
  const live = await world.start(program, [])
  let startingMost = 0
  let isOver = false
  void live.result.then(() => (isOver = true))
  // An agent that holds a slot has a terminal and has not taken its file.
  await until(async () => {
    startingMost = Math.max(startingMost, await startingCount(live.run))
    return isOver || live.of('registered').length === COUNT
  })
  const readyMs = Math.round(performance.now() - startedAt)
  expect(await live.result).toEqual({ status: 'fulfilled', value: COUNT })
  const totalMs = Math.round(performance.now() - startedAt)
  expect(startingMost).toBeGreaterThan(1)
  expect(startingMost).toBeLessThanOrEqual(LAUNCHES_MAX)
  expect(
    live
      .of('tool_result')
      .map(({ result }) => result)
      .toSorted(),
  ).toEqual(names.map((name) => `heard ${name}`).toSorted())
  expect(live.of('agent_exited')).toEqual(names.map(() => expect.objectContaining({ cause: 'shutdown', by: 'ramure' })))
  await world.nothingIsLeftOf(live.run)
  await world.rerunsIdentically(program, live.run)
  console.log(`${COUNT} agents: all registered after ${readyMs} ms, over after ${totalMs} ms, at most ${startingMost} starting at once`)
})

/** Agents of the run whose process still has the agent file in its environment: the extension removes it when pi is up. */
async function startingCount(run: string): Promise<number> {
  const environs = await Promise.all((await processesOf(run)).map((pid) => readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')))
  const files = environs.flatMap((environ) => /(?:^|\0)RAMURE_AGENT_FILE=([^\0]+)/.exec(environ)?.[1] ?? [])
  const waiting = await Promise.all(
    [...new Set(files)].map((file) =>
      readFile(file).then(
        () => 1,
        () => 0,
      ),
    ),
  )
  return waiting.reduce<number>((sum, each) => sum + each, 0)
}
