/**
 * What a simulation costs: build-and-review with two rejections, recorded alone, recorded and replayed, and held back by
 * stalls; schedules of a property with every fault; a fan-out of 100 children; beside the floor, a rerun of the same recording, which runs the program and nothing
 * else. On one core. `node bench/simulate.ts [--json [file]] [--small]`.
 */

import { agent, agentProcess, connect, done, fail, wait } from '../src/index.ts'
import { rerun } from '../src/replay/rerun.ts'
import { definitionOf } from '../src/runtime/process.ts'
import { type Part, property, type SimulatedRun, type Stall, simulate, stallsOf } from '../src/testing/index.ts'
import type { Bench, Figure } from './support/bench.ts'
import { main } from './support/main.ts'

export const bench: Bench = {
  name: 'simulate',
  promises: [
    { what: 'review, recorded and replayed', figure: 'review, recorded and replayed', atLeast: 10_000, timesFloorAtLeast: 0.15 },
    {
      what: 'property of review, every fault, replayed',
      figure: 'property of review, every fault',
      atLeast: 2_000,
      timesFloorAtLeast: 0.05,
    },
    { what: '100 children, recorded and replayed', figure: '100 children, recorded and replayed', timesFloorAtLeast: 0.25 },
  ],
  run,
}

async function run({ small }: { readonly small: boolean }): Promise<readonly Figure[]> {
  const rounds = small ? 1 : 7
  const review = await reviewed(0)
  const wide = await fannedOut(0)
  const { all: stalls } = stallsOf(review.entries)
  const cases: readonly Case[] = [
    { name: 'review, rerun (floor)', count: 300, floor: null, once: () => rerun(definitionOf(buildAndReview), review.entries) },
    { name: 'review, recorded', count: 300, floor: 0, once: (seed) => reviewed(seed, { replay: false }) },
    { name: 'review, recorded and replayed', count: 300, floor: 0, once: (seed) => reviewed(seed) },
    {
      name: 'review, one stall, replayed',
      count: 300,
      floor: 0,

      once: (seed) => reviewed(seed, { stalls: [stalls[seed % stalls.length] as Stall] }),
    },
    {
      name: 'property of review, every fault',
      count: 1,
      floor: 0,
      runs: small ? 5 : 300,
      once: (seed) => explored(seed, small ? 5 : 300),
    },
    { name: '100 children, rerun (floor)', count: 10, floor: null, once: () => rerun(definitionOf(fanOut), wide.entries) },
    { name: '100 children, recorded and replayed', count: 10, floor: 5, once: (seed) => fannedOut(seed) },
  ]
  const timesMs = cases.map((): number[] => [])
  for (let round = 0; round < rounds; round += 1) {
    for (const [at, { count, runs = 1, once }] of cases.entries()) {
      const times = runs > 1 ? 1 : small ? 5 : count
      timesMs[at]?.push((await timed(times, (seed) => once(round * times + seed))) / runs)
    }
  }
  return cases.map(({ name, floor }, at) => ({
    name,
    unit: 'per minute',
    rounds: (timesMs[at] ?? []).map((ms) => 60_000 / ms),
    ...(floor !== null && { floor: cases[floor]?.name ?? '' }),
  }))
}

interface Case {
  readonly name: string
  /** Runs in one round. */
  readonly count: number
  /** Runs that `once` makes; default 1. */
  readonly runs?: number
  /** Index of the case to compare with. */
  readonly floor: number | null
  readonly once: (seed: number) => Promise<unknown>
}

type Options = Parameters<typeof simulate>[2]

const ANY = { input: { type: 'object' } } as const

const buildAndReview = agentProcess(
  'buildAndReview',
  async (spec: string) => {
    const builder = await agent('builder')
    const reviewer = await agent('reviewer')
    connect(builder, reviewer)
    let rounds = 0
    builder.on<{ code: string }>('submit', ANY, async ({ code }) => {
      await reviewer.send(`Review:\n${code}`)
      return 'Sent to review.'
    })
    reviewer.on<{ why: string }>('reject', ANY, async ({ why }) => {
      rounds += 1
      if (rounds >= 3) return fail('too many rounds')
      await builder.send(`Fix: ${why}`)
      return 'Sent back.'
    })
    reviewer.on<{ code: string }>('approve', ANY, async ({ code }) => {
      done(code)
      return 'Approved.'
    })
    await builder.send(`Implement: ${spec}`)
    return wait<string>()
  },
  { timeoutMs: 30 * 60_000 },
)

function reviewed(seed: number, options: Options = {}): Promise<SimulatedRun> {
  const builder: Part = async (me) => {
    for await (const { text } of me.messages) await me.call('submit', { code: `${text}, done` })
  }
  const reviewer: Part = async (me) => {
    for (const why of ['no tests', 'no types']) await me.next().then(() => me.call('reject', { why }))
    const { text } = await me.next()
    await me.call('approve', { code: text })
  }
  return simulate(buildAndReview, ['fizzbuzz'], { seed, agents: { builder, reviewer }, ...options })
}

/** Schedules of a property of it: agents that do anything, every fault, the invariants that hold of every program. */
function explored(seed: number, runs: number): Promise<unknown> {
  return property(buildAndReview, ['fizzbuzz']).faults('all').with({ seed, runs, keep: false }).check()
}

const child = agentProcess('child', async (nth: number) => {
  const worker = await agent(`worker-${nth}`)
  worker.on<{ text: string }>('submit', ANY, ({ text }) => {
    done(text)
    return 'Thank you.'
  })
  await worker.send('go')
  return wait<string>()
})

const fanOut = agentProcess(
  'fanOut',
  async (width: number) => (await Promise.all(Array.from({ length: width }, (_, nth) => child(nth)))).length,
)

function fannedOut(seed: number): Promise<SimulatedRun> {
  const worker: Part = async (me) => {
    const { text } = await me.next()
    await me.call('submit', { text })
  }
  return simulate(fanOut, [100], { seed, agents: () => worker })
}

/** Milliseconds per run. */
async function timed(count: number, once: (seed: number) => Promise<unknown>): Promise<number> {
  const startedMs = performance.now()
  for (let seed = 0; seed < count; seed += 1) await once(seed)
  return (performance.now() - startedMs) / count
}

if (import.meta.main) await main(bench)
