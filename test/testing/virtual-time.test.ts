import { setTimeout as pause } from 'node:timers/promises'
import { agent, agentProcess, done, ProcessTimeout, sleep, step, wait } from 'ramure'
import { silent, simulate } from 'ramure/testing'
import { expect, test } from 'vitest'

const HOUR_MS = 3_600_000
const START = '2026-01-01T00:00:00.000Z'

test('a timeout of ten hours takes milliseconds', async () => {
  const waits = agentProcess('waits', () => wait(), { timeoutMs: 10 * HOUR_MS })
  const startedMs = performance.now()
  const run = await simulate(waits, [])
  expect(performance.now() - startedMs).toBeLessThan(2_000)
  expect(run.outcome).toBe('timed_out')
  expect(run.error).toBeInstanceOf(ProcessTimeout)
  expect(run.durationMs).toBe(10 * HOUR_MS)
  expect(run.entries.at(-1)?.time).toBe('2026-01-01T10:00:00.000Z')
})

test('every clock and timer of the process shows the same time', async () => {
  const clocks = agentProcess('clocks', async () => {
    const began = { iso: new Date().toISOString(), performance: performance.now() }
    await sleep(HOUR_MS)
    await pause(HOUR_MS)
    await new Promise((resolve) => setTimeout(resolve, HOUR_MS))
    return { began, now: new Date().toISOString(), number: Date.now(), performance: performance.now() }
  })
  const { result } = await simulate(clocks, [])
  expect(result).toEqual({
    began: { iso: START, performance: 0 },
    now: '2026-01-01T03:00:00.000Z',
    number: Date.UTC(2026, 0, 1, 3),
    performance: 3 * HOUR_MS,
  })
})

test('an interval ticks through a day without anybody waiting for it', async () => {
  const ticks = agentProcess('ticks', async () => {
    let count = 0
    const timer = setInterval(() => {
      count += 1
      if (count === 24 * 60) done(count)
    }, 60_000)
    const counted = await wait<number>()
    clearInterval(timer)
    return counted
  })
  const run = await simulate(ticks, [])
  expect(run.value()).toBe(24 * 60)
  expect(run.durationMs).toBe(24 * HOUR_MS)
})

test('timers fire in the order of their time, equal ones in the order in which they were set', async () => {
  const race = agentProcess('race', async () => {
    const order: string[] = []
    const after = async (name: string, ms: number) => {
      await sleep(ms)
      order.push(name)
    }
    await Promise.all([after('late', 30), after('first', 10), after('second', 10), after('early', 5)])
    return order
  })
  expect((await simulate(race, [])).value()).toEqual(['early', 'first', 'second', 'late'])
})

test('a cleared timer does not let time pass', async () => {
  const clears = agentProcess('clears', async () => {
    clearTimeout(setTimeout(() => {}, HOUR_MS))
    await sleep(5)
  })
  expect((await simulate(clears, [])).durationMs).toBe(5)
})

test('agents and steps live in the same time as the process', async () => {
  const asks = agentProcess('asks', async () => {
    const worker = await agent('worker')
    worker.on('tell', { input: { type: 'object' } }, (told) => {
      done(told)
      return 'thanks'
    })
    const stepped = await step('wait a minute', async () => {
      await pause(60_000)
      return new Date().toISOString()
    })
    await worker.send('go')
    return { stepped, told: await wait() }
  })
  const run = await simulate(asks, [], {
    agents: {
      worker: async (me) => {
        await me.next()
        await me.sleep(HOUR_MS)
        await new Promise((resolve) => setTimeout(resolve, HOUR_MS))
        await me.call('tell', { at: new Date().toISOString() })
      },
    },
  })
  expect(run.value()).toEqual({ stepped: '2026-01-01T00:01:00.000Z', told: { at: '2026-01-01T02:01:00.000Z' } })
})

test('the clock starts where it is told to', async () => {
  const now = agentProcess('now', async () => new Date().getFullYear())
  expect((await simulate(now, [], { startAt: new Date('1999-06-01T00:00:00Z') })).value()).toBe(1999)
})

test('time stands still while a step reads a real file', async () => {
  const reads = agentProcess('reads', async () => {
    const first = sleep(1).then(() => 'timer')
    const file = step('read', async () => {
      const { readFile } = await import('node:fs/promises')
      for (let n = 0; n < 20; n += 1) await readFile(import.meta.filename)
      return 'file'
    })
    return Promise.race([first, file])
  })
  for (let seed = 0; seed < 5; seed += 1) expect((await simulate(reads, [], { seed })).value()).toBe('file')
})

test('an agent that never acts again does not keep time from passing', async () => {
  const patient = agentProcess('patient', async () => {
    await agent('worker')
    await agent('other')
    await sleep(HOUR_MS)
    return 'over'
  })
  const run = await simulate(patient, [], { agents: { worker: silent, other: () => new Promise(() => {}) } })
  expect(run.value()).toBe('over')
})

test('whoever never stirs is waited for once, not before every timer', async () => {
  let turns = 0
  let isOver = false
  const count = () => {
    turns += 1
    if (!isOver) setImmediate(count)
  }
  const patient = agentProcess('patient', async () => {
    await agent('worker')
    for (let n = 0; n < 500; n += 1) await sleep(1_000)
  })
  count()
  const run = await simulate(patient, [], { agents: { worker: () => new Promise(() => {}) }, settleTurns: 100, replay: false })
  isOver = true
  expect(run.outcome).toBe('completed')
  expect(turns).toBeGreaterThan(500)
  expect(turns).toBeLessThan(5_000)
})
