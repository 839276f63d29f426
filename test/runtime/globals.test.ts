import { AsyncLocalStorage } from 'node:async_hooks'
import crypto, { getRandomValues, randomBytes, randomFill, randomFillSync, randomInt, randomUUID } from 'node:crypto'
import { setInterval as every, setTimeout as namedTimeout } from 'node:timers'
import { setTimeout as pause, scheduler, setImmediate as soon, setInterval as ticks } from 'node:timers/promises'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { currentRun } from '../../src/runtime/current-run.ts'
import { branch, sleep, step } from '../../src/runtime/effects.ts'
import { patchGlobals } from '../../src/runtime/globals.ts'
import { agentProcess, emit, wait } from '../../src/runtime/process.ts'
import { codeOf, record, thrownBy } from './harness.ts'

const bound = { now: Date.now, uuid: randomUUID, random: Math.random }
const HOUR = 3_600_000

beforeAll(patchGlobals)

/** Entries of the timers that a program set, as `label ms`. */
async function timersOf(fn: () => Promise<unknown>): Promise<string[]> {
  const recording = await record(fn)
  recording.value()
  return recording.of('timer_set').map(({ data }) => `${data.timer} ${data.ms}`)
}

describe('the clock inside a process', () => {
  test('stands still within a turn and moves with the inputs', async () => {
    const recording = await record(async () => {
      const read = () => {
        const date = new Date()
        return [Date.now(), date.getTime(), Date.parse(Date()), performance.now(), currentRun().clock.now()]
      }
      const first = read()
      for (let k = 0; k < 1e6; k += 1) Math.sqrt(k)
      await null
      const second = read()
      await sleep(20)
      return [first, second, read()]
    })
    const [first, second, third] = recording.value<number[][]>() as [number[], number[], number[]]
    const startedMs = Date.parse(recording.entries[0]?.time ?? '')
    const firedMs = Date.parse(recording.of('timer_fired')[0]?.time ?? '')
    expect(first).toEqual([startedMs, startedMs, Math.floor(startedMs / 1000) * 1000, 0, startedMs])
    expect(second).toEqual(first)
    expect(third).toEqual([firedMs, firedMs, Math.floor(firedMs / 1000) * 1000, firedMs - startedMs, firedMs])
  })

  test('is what process.hrtime tells too, in both of its forms', async () => {
    const { hrtime } = process
    const recording = await record(async () => {
      const start = process.hrtime()
      const atStart = [start, Number(hrtime.bigint())]
      await sleep(20)
      return [...atStart, process.hrtime(start), Number(process.hrtime.bigint())]
    })
    const firedMs = Date.parse(recording.of('timer_fired')[0]?.time ?? '') - Date.parse(recording.entries[0]?.time ?? '')
    const elapsed = [Math.floor(firedMs / 1000), (firedMs % 1000) * 1e6]
    expect(recording.value()).toEqual([[0, 0], 0, elapsed, firedMs * 1e6])
    expect(hrtime.bigint()).toBeGreaterThan(0n)
    expect(hrtime(hrtime())[0]).toBeLessThan(60)
  })

  test('is the real one in a step, and outside of every process', async () => {
    const recording = await record(async () => {
      await sleep(5)
      const inside = Date.now()
      return [
        inside,
        await step('look', async () => {
          const before = Date.now()
          await pause(15)
          return [before, Date.now(), Math.random()]
        }),
      ]
    })
    const [inside, [before, after]] = recording.value<[number, [number, number]]>()
    expect(before).toBeGreaterThanOrEqual(inside)
    expect(after - before).toBeGreaterThanOrEqual(10)
    expect(recording.of('timer_set')).toHaveLength(1)
    expect(Math.abs(Date.now() - bound.now())).toBeLessThan(1000)
  })

  test('keeps what Date is: instanceof, subclasses, clones, strings, arguments', async () => {
    class Day extends Date {
      get day() {
        return this.getTime()
      }
    }
    const recording = await record(async () => {
      const [now, day] = [new Date(), new Day()]
      return [
        now instanceof Date,
        day instanceof Day && day instanceof Date,
        day.day === now.getTime(),
        structuredClone(now) instanceof Date,
        structuredClone(day).getTime() === day.day,
        new Date(2020, 1, 3).getMonth(),
        new Date(0).toISOString(),
        Date.UTC(1970, 0, 2),
        Object.prototype.toString.call(now),
        now.constructor === Date,
        Date.length,
        Date.name,
        typeof Date(),
      ]
    })
    const dates = [true, true, true, true, true, 1, '1970-01-01T00:00:00.000Z', 86_400_000, '[object Date]', true, 7, 'Date', 'string']
    expect(recording.value()).toEqual(dates)
  })

  test('can still be replaced by a test, and comes back', () => {
    vi.spyOn(Date, 'now').mockReturnValue(42)
    expect(Date.now()).toBe(42)
    vi.restoreAllMocks()
    expect(Date.now()).toBeGreaterThan(1e12)
  })
})

describe('timers inside a process', () => {
  test('of every kind and origin are recorded, and nothing else fires them', async () => {
    const timers = await timersOf(async () => {
      await new Promise((resolve) => void setTimeout(resolve, 2))
      await new Promise((resolve) => void namedTimeout(resolve, 2))
      await new Promise((resolve) => void setImmediate(resolve))
      await pause(3)
      await soon()
      await scheduler.wait(2)
      await scheduler.yield()
      await promisify(setTimeout)(4)
      await promisify(setImmediate)()
      await sleep(1)
    })
    expect(timers).toEqual([
      'setTimeout:0 2',
      'setTimeout:1 2',
      'setImmediate:0 1',
      'setTimeout:2 3',
      'setImmediate:1 1',
      'setTimeout:3 2',
      'setImmediate:2 1',
      'setTimeout:4 4',
      'setImmediate:3 1',
      'sleep:0 1',
    ])
  })

  test('pass arguments and values, tick until cleared, and can be cleared before they fire', async () => {
    const recording = await record(async () => {
      const cleared: string[] = []
      clearTimeout(setTimeout(() => cleared.push('timeout'), 1))
      clearImmediate(setImmediate(() => cleared.push('immediate')))
      setTimeout(() => cleared.push('closed'), 1).close()
      const args = await new Promise((resolve) => void setTimeout((...given: unknown[]) => resolve(given), 1, 'a', 2))
      const ticked = await new Promise((resolve) => {
        let count = 0
        const timer = every(() => ++count === 3 && (clearInterval(timer), resolve(count)), 1)
      })
      const values = []
      for await (const value of ticks(1, 'v')) if (values.push(value) === 2) break
      return [args, ticked, values, await pause(1, 'x'), cleared]
    })
    expect(recording.value()).toEqual([['a', 2], 3, ['v', 'v'], 'x', []])
    // The interval was set again before its last callback cleared it.
    expect(recording.of('timer_cleared')).toHaveLength(4)
  })

  test('look like Node timers', async () => {
    const recording = await record(async () => {
      const timer = setTimeout(() => {}, HOUR)
      const same = timer.ref() === timer && timer.unref() === timer && timer.refresh() === timer && timer.hasRef()
      {
        using _disposed = timer
      }
      clearTimeout(undefined)
      return [same, await codeOf(() => setTimeout('text' as never, 1)), await codeOf(() => setInterval(undefined as never, 1))]
    })
    expect(recording.value()).toEqual([true, 'ERR_INVALID_ARG_TYPE', 'ERR_INVALID_ARG_TYPE'])
  })

  test('take the delays that Node takes; sleep refuses what it cannot wait', async () => {
    const recording = await record(async () => {
      for (const ms of [Number.NaN, -1, 2 ** 31, undefined]) setTimeout(() => {}, ms as number)
      return Promise.all([Infinity, 2 ** 31, Number.NaN, '5'].map((ms) => codeOf(() => sleep(ms as number))))
    })
    expect(recording.value()).toEqual(['RangeError', 'RangeError', 'RangeError', 'RangeError'])
    expect(recording.of('timer_set').map(({ data }) => data.ms)).toEqual([1, 1, 1, 1])
  })

  test('run their callbacks in their scope, with the async context they were set in', async () => {
    const mine = new AsyncLocalStorage<string>()
    const recording = await record(async () =>
      mine.run('mine', () =>
        branch('left', () => new Promise((resolve) => void setTimeout(() => resolve([mine.getStore(), emit('here') !== null]), 1))),
      ),
    )
    expect(recording.value()).toEqual(['mine', true])
    expect(recording.of('emit')[0]?.scope).toBe('/main#0/branch(left)#0')
  })

  test('end their process when a callback throws', async () => {
    const recording = await record(async () => {
      setTimeout(() => {
        throw new RangeError('in a callback')
      }, 1)
      return wait()
    })
    expect(recording.error()).toMatchObject({ name: 'RangeError', message: 'in a callback' })
  })

  test('that were not awaited end with their process, in silence', async () => {
    const recording = await record(async () => {
      void pause(HOUR)
      void sleep(HOUR)
      void step('floating', () => pause(HOUR))
      setTimeout(() => emit('never'), HOUR)
    })
    expect(recording.value()).toBeUndefined()
    expect(recording.of('emit')).toEqual([])
  })

  test('can be aborted', async () => {
    const recording = await record(async () => {
      const stop = new AbortController()
      const cut = thrownBy(() => pause(HOUR, undefined, { signal: stop.signal }))
      stop.abort(new Error('why'))
      const late = thrownBy(() => soon(undefined, { signal: stop.signal }))
      const timeout = AbortSignal.timeout(3)
      await new Promise((resolve) => timeout.addEventListener('abort', resolve))
      return [(await cut).name, ((await cut).cause as Error).message, (await late).name, (timeout.reason as Error).name]
    })
    expect(recording.value()).toEqual(['AbortError', 'why', 'AbortError', 'TimeoutError'])
    expect(recording.of('timer_set').map(({ data }) => data.ms)).toEqual([HOUR, 3])
  })
})

describe('chance inside a process', () => {
  const draw = () => [
    Math.random(),
    randomUUID(),
    crypto.randomUUID(),
    globalThis.crypto.randomUUID(),
    randomInt(1000),
    randomInt(5, 6),
    randomBytes(9).toString('hex'),
    [...getRandomValues(new Uint8Array(5))],
    [...globalThis.crypto.getRandomValues(new Uint16Array(3))],
    [...randomFillSync(new Uint8Array(6), 2, 3)],
  ]

  test('comes from the seed: a rerun draws the same, another run does not', async () => {
    const [one, two] = [await record(async () => emit('drawn', draw())), await record(async () => emit('drawn', draw()))]
    expect(one.of('emit')[0]?.data.data).not.toEqual(two.of('emit')[0]?.data.data)
    const drawn = one.of('emit')[0]?.data.data as unknown[]
    expect(drawn[0]).toBeGreaterThanOrEqual(0)
    expect(drawn[1]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(drawn[5]).toBe(5)
    expect((drawn[9] as number[]).filter((_, at) => at < 2 || at > 4)).toEqual([0, 0, 0])
    expect(new Set(drawn.map(String)).size).toBe(drawn.length)
  })

  test('reaches callbacks too', async () => {
    const recording = await record(async () => {
      const bytes = await promisify(randomBytes)(4)
      const int = await new Promise((resolve) => randomInt(10, (_error, value) => resolve(value)))
      const filled = await new Promise<Uint8Array>((resolve) => randomFill(new Uint8Array(4), (_error, array) => resolve(array)))
      return emit('drawn', [bytes.toString('hex'), int, [...filled]])
    })
    expect(recording.of('emit')).toHaveLength(1)
  })

  test('is a stream per scope: drawing in one moves no other', async () => {
    const child = agentProcess('child', async (count: number) => Array.from({ length: count }, Math.random).at(-1))
    const recording = await record(async () => {
      const before = Math.random()
      const left = await branch('arm', () => (Math.random(), Math.random()))
      await child(5)
      const right = await branch('arm', () => Math.random())
      return [before, left, right, Math.random()]
    })
    expect(new Set(recording.value<number[]>()).size).toBe(4)
  })

  test('is real outside of every process', () => {
    expect(draw()).not.toEqual(draw())
    expect(bound.random()).not.toBe(bound.random())
    expect(bound.uuid()).not.toBe(bound.uuid())
  })
})
