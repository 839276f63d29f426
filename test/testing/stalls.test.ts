import fc from 'fast-check'
import { agent, agentProcess, done, wait } from 'ramure'
import { type Part, type SimulatedRun, type Stall, simulate, stallsOf } from 'ramure/testing'
import { describe, expect, test } from 'vitest'
import type { Draft } from '../../src/log/events.ts'
import { stalledQueue } from '../../src/testing/stalled-queue.ts'

describe('the queue of a simulation', () => {
  /** What is handed over when these were pushed at once; `a1` is the first call of agent `a`. */
  const order = (pushed: string, stalls: readonly Stall[]): string => {
    const queue = stalledQueue(stalls)
    for (const name of pushed.split(' ')) queue.push(callOf(name))
    const taken: string[] = []
    do for (let draft = queue.take(); draft; draft = queue.take()) taken.push(nameOf(draft))
    while (queue.release())
    return taken.join(' ')
  }
  const callOf = (name: string): Draft => {
    const [agent = '', nth = ''] = name
    return { type: 'tool_call', by: 'world', scope: '/', agent, data: { call_id: nth, tool: 't', params: {} } }
  }
  const nameOf = (draft: Draft): string => `${draft.agent}${draft.type === 'tool_call' ? draft.data.call_id : ''}`

  test.for<[string, Stall[], string]>([
    ['a1 b1 a2 b2', [], 'a1 b1 a2 b2'],
    ['a1 b1 a2 b2 b3', [{ agent: 'a', call: 1, deliveries: 1 }], 'b1 a1 a2 b2 b3'],
    ['a1 b1 a2 b2 b3', [{ agent: 'a', call: 1, deliveries: 2 }], 'b1 b2 a1 a2 b3'],
    ['a1 b1 a2 b2 b3', [{ agent: 'a', call: 2, deliveries: 1 }], 'a1 b1 b2 a2 b3'],
    ['a1 b1', [{ agent: 'a', call: 1, deliveries: 9 }], 'b1 a1'],
    ['a1 a2', [{ agent: 'a', call: 1, deliveries: 9 }], 'a1 a2'],
    [
      'a1 b1 c1',
      [
        { agent: 'a', call: 1, deliveries: 9 },
        { agent: 'b', call: 1, deliveries: 9 },
      ],
      'c1 a1 b1',
    ],
    [
      'a1 a2 b1 b2 b3',
      [
        { agent: 'a', call: 1, deliveries: 1 },
        { agent: 'a', call: 2, deliveries: 1 },
      ],
      'b1 a1 b2 a2 b3',
    ],
    ['a1 b1', [{ agent: 'nobody', call: 1, deliveries: 3 }], 'a1 b1'],
  ])('hands over %s with %j as %s', ([pushed, stalls, expected]) => {
    expect(order(pushed, stalls)).toBe(expected)
  })

  test('loses nothing, doubles nothing and keeps each agent’s order, whatever is stalled', () => {
    const stall = fc.record({ agent: fc.constantFrom('a', 'b', 'c'), call: fc.integer({ min: 1, max: 4 }), deliveries: fc.nat(5) })
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 12 }), fc.array(stall, { maxLength: 4 }), (agents, stalls) => {
        const counts = new Map<string, number>()
        const names = agents.map((agent) => `${agent}${counts.set(agent, (counts.get(agent) ?? 0) + 1).get(agent)}`)
        const taken = names.length === 0 ? [] : order(names.join(' '), stalls).split(' ')
        for (const agent of 'abc')
          expect(taken.filter((name) => name.startsWith(agent))).toEqual(names.filter((name) => name.startsWith(agent)))
        expect(taken).toHaveLength(names.length)
      }),
    )
  })
})

/** A planted race: the summary counts on the reviewer to be later than both writers. */
const collect = agentProcess('collect', async () => {
  const [left, right, editor] = [await agent('left'), await agent('right'), await agent('editor')]
  const parts: string[] = []
  for (const writer of [left, right]) {
    writer.on<{ text: string }>('add', { input: { type: 'object' } }, ({ text }) => {
      parts.push(text)
      return 'noted'
    })
  }
  editor.on('publish', () => {
    done(parts.length)
    return 'published'
  })
  await Promise.all([left.send('write'), right.send('write'), editor.send('publish')])
  return wait<number>()
})

const parts: Record<string, Part> = {
  left: async (me) => {
    await me.next()
    for (const text of ['one', 'two', 'three']) await me.call('add', { text })
  },
  right: async (me) => {
    await me.next()
    for (const text of ['four', 'five', 'six']) await me.call('add', { text })
  },
  editor: async (me) => {
    await me.next()
    await me.sleep(1_000)
    await me.call('publish')
  },
}
const collected = (stalls: readonly Stall[]) => simulate(collect, [], { agents: parts, stalls, replay: false })

/** The editor does not wait: it asks around first, and by luck that takes as long as the writers need. */
const hasty: Record<string, Part> = {
  ...parts,
  editor: async (me) => {
    await me.next()
    for (let n = 0; n < 3; n += 1) await me.call('ask').catch(() => {})
    await me.call('publish')
  },
}

describe('stalls', () => {
  test('take no time: who waits for the clock is not overtaken by them', async () => {
    const calm = await collected([])
    const stalls = stallsOf(calm.entries).all.filter(({ call }) => call < 3)
    expect(stalls.length).toBeGreaterThan(20)
    for (const stall of stalls) expect((await collected([stall])).value()).toBe(6)
  })

  test('change the order of the deliveries, and nothing that is not recorded', async () => {
    const run = await simulate(collect, [], { agents: hasty, stalls: [{ agent: 'left', call: 2, deliveries: 4 }] })
    expect(run.replay?.verdict).toBe('identical')
    const calls = run.events('tool_call').map(({ agent: name }) => name)
    expect(calls.indexOf('left')).toBeLessThan(calls.indexOf('right'))
    expect(calls.lastIndexOf('left')).toBeGreaterThan(calls.lastIndexOf('right'))
  })

  test('find a planted race, which shrinks to one readable stall', async () => {
    const calm = await simulate(collect, [], { agents: hasty })
    expect(calm.value()).toBe(6)
    const order = fc.array(fc.mapToConstant(stallsOf(calm.entries)), { maxLength: 1 })
    const holds = async (stalls: readonly Stall[]) => (await simulate(collect, [], { agents: hasty, stalls, replay: false })).value() === 6
    const found = await fc.check(fc.asyncProperty(order, holds), { numRuns: 300 })
    expect(found.failed).toBe(true)
    const [stalls = []] = found.counterexample ?? []
    expect(stalls).toHaveLength(1)
    expect(await holds(stalls)).toBe(false)
    const [{ agent: name, call, deliveries } = { agent: '', call: 0, deliveries: 0 }] = stalls
    expect(await holds([{ agent: name, call, deliveries: deliveries - 1 }])).toBe(true)
    expect(fc.stringify(stalls)).toMatch(/^\[\{"agent":"(left|right)","call":\d,"deliveries":\d\}\]$/)
  })
})

test('stallsOf lists every call of every agent in order, the mildest stall of each first', async () => {
  const { entries }: SimulatedRun = await simulate(collect, [], { agents: hasty })
  const { all: stalls, num, build } = stallsOf(entries)
  expect(stalls.slice(0, 3)).toEqual([1, 2, 3].map((deliveries) => ({ agent: 'left', call: 1, deliveries })))
  expect(new Set(stalls.map(({ agent: name, call }) => `${name}${call}`)).size).toBe(3 + 3 + 4)
  expect(num).toBe(stalls.length)
  expect(build(1)).toBe(stalls[1])
  expect(stallsOf([]).all).toEqual([])
})
