import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { agent, agentProcess, done, sleep, step, wait } from 'ramure'
import { type Part, simulate } from 'ramure/testing'
import { describe, expect, test } from 'vitest'
import { definitionOf, type Op, program } from '../runtime/random-program.ts'

const ROUNDS = Number(process.env.RAMURE_ROUNDS ?? 60)

/** Calls tools at random, after random pauses. */
const erratic: Part = async (me) => {
  for await (const { text } of me.messages) {
    for (let n = Math.floor(Math.random() * 3); n > 0; n -= 1) {
      await me.sleep(Math.random() * 50)
      await me.call(`tool${Math.floor(Math.random() * 3)}`, { n: text.length, id: randomUUID() }).catch(() => {})
    }
  }
}

const processOf = (ops: readonly Op[]) => agentProcess('main', definitionOf(ops).fn as () => Promise<unknown>)
const exec = (command: string) => ({ exit_code: Math.floor(Math.random() * 3), stdout: command })
const simulated = (ops: readonly Op[], seed: number) => simulate(processOf(ops), [], { seed, agents: () => erratic, machines: { exec } })

describe('a random concurrent program, simulated', () => {
  test('gives the same entries for the same seed, byte for byte, and replays identically', { timeout: 120_000 }, async () => {
    let outputs = 0
    await fc.assert(
      fc.asyncProperty(program, fc.nat(), async (ops, seed) => {
        const first = await simulated(ops, seed)
        const second = await simulated(ops, seed)
        expect(textOf(second.entries)).toEqual(textOf(first.entries))
        expect(first.replay?.verdict).toBe('identical')
        outputs += first.replay?.recorded.outputs ?? 0
      }),
      { numRuns: ROUNDS },
    )
    expect(outputs).toBeGreaterThan(ROUNDS)
  })

  test('gives the same entries when many run at once', async () => {
    const samples = fc.sample(program, 10)
    const alone = []
    for (const [seed, ops] of samples.entries()) alone.push(textOf((await simulated(ops, seed)).entries))
    const together = await Promise.all(samples.map((ops, seed) => simulated(ops, seed)))
    expect(together.map(({ entries }) => textOf(entries))).toEqual(alone)
  })
})

const chance = agentProcess('chance', async () => {
  const worker = await agent('worker')
  worker.on('roll', { input: { type: 'object' } }, (rolled) => {
    done(rolled)
    return 'noted'
  })
  const stepped = await step('roll', () => [Math.random(), Date.now(), randomUUID()])
  await sleep(Math.random() * 1_000)
  return { own: Math.random(), stepped, rolled: await wait() }
})
const worker: Part = async (me) => void (await me.call('roll', { float: Math.random(), uuid: crypto.randomUUID() }))

test('everybody’s dice follow from the seed: the process’s, its steps’ and its agents’', async () => {
  const rolled = async (seed: number) => (await simulate(chance, [], { seed, agents: { worker } })).value()
  expect(await rolled(1)).toEqual(await rolled(1))
  expect(await rolled(2)).not.toEqual(await rolled(1))
})

test('the run id follows from the seed as well', async () => {
  const [a, b, c] = await Promise.all([1, 1, 2].map((seed) => simulate(chance, [], { seed, agents: { worker } })))
  expect(a?.run).toBe(b?.run)
  expect(a?.run).not.toBe(c?.run)
})

function textOf(entries: readonly unknown[]): readonly string[] {
  return entries.map((entry) => JSON.stringify(entry))
}
