/** Runs the same small program many times, also two at once, and prints what the Node process holds before and after. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { agent, agentProcess, done, expose, machine, scripted, sleep, spawn, step, wait } from '../../../src/index.ts'
import { memoryStore } from '../../../src/log/memory.ts'
import { surroundedBy } from '../../../src/runtime/surroundings.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'unhandledRejection', 'uncaughtException', 'exit', 'warning'] as const

const main = agentProcess(
  'main',
  async (fails: boolean) => {
    const worker = await agent('worker', {
      driver: scripted(async (me) => {
        for await (const { text } of me.messages) await me.call('answer', { text })
      }),
    })
    expose('ping', () => 'pong')
    worker.on('answer', { input: { type: 'object' } }, () => void done('answered'))
    const child = spawn(agentProcess('child', () => wait()))
    await step('look', () => 1)
    await (await machine()).exec('true')
    await sleep(1)
    void sleep(60_000).then(() => done('late'))
    setTimeout(() => done('later'), 60_000)
    child.events.subscribe(() => {})
    await worker.send('go')
    if (fails) throw new Error('on purpose')
    return wait()
  },
  { timeoutMs: 60_000 },
)

const failures: string[] = []
process.on('warning', (warning) => failures.push(String(warning)))
const store = memoryStore()
const run = (fails: boolean) => surroundedBy({ store }, () => main(fails)).catch((error: Error) => error.message)

await run(false)
const before = await held()
for (let k = 0; k < 24; k += 1) await run(k % 5 === 4)
for (let k = 0; k < 13; k += 1) await Promise.all([run(false), run(true)])
const runs = (await store.list()).length
const left = readdirSync(join(process.env.RAMURE_HOME ?? '', 'runtimes'))
console.log(JSON.stringify({ runs, left, before, after: await held(), failures }))

async function held() {
  // What was closed is gone after a turn or two.
  for (let k = 0; k < 5; k += 1) await new Promise((resolve) => setImmediate(resolve))
  return { resources: process.getActiveResourcesInfo().sort(), listeners: SIGNALS.map((name) => process.listenerCount(name)) }
}
