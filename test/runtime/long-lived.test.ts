/** A short round of what long-lived.soak.ts does at length, and what readers of old events see. */
import { queryObjects } from 'node:v8'
import { expect, test } from 'vitest'
import { sleep } from '../../src/runtime/effects.ts'
import { KEEP_ITEMS } from '../../src/runtime/long-feed.ts'
import { agentProcess, emit, spawn } from '../../src/runtime/process.ts'
import { Scope } from '../../src/runtime/scope.ts'
import { record } from './harness.ts'
import { alone, heapMb, manyAgents, manyEvents } from './long-lived.ts'

test('agents that came and went leave no scope behind', async () => {
  const scopes: number[] = []
  const look = () => {
    heapMb()
    scopes.push(queryObjects(Scope, { format: 'count' }) as unknown as number)
  }
  await alone(() => manyAgents(50, look))
  expect(Math.max(...scopes)).toBeLessThanOrEqual(10)
})

test('of the events of a process only the newest are in memory, and every reader gets all of them', async () => {
  const refs: WeakRef<object>[] = []
  const noisy = agentProcess('noisy', async () => {
    for (let n = 0; n < 2_000; n += 1) refs.push(new WeakRef(emit('count', { n })?.data as object))
    await sleep(1)
    heapMb()
    return refs.filter((ref) => ref.deref() !== undefined).length
  })
  expect(await alone(async () => spawn(noisy).result)).toBeLessThanOrEqual(2 * KEEP_ITEMS)
  expect(await alone(() => manyEvents(1_000, () => {}))).toEqual({ early: 1_000, late: 1_000 })
})

test('an old event is what was emitted, also where the log has a mask, and whatever an earlier reader did to its own', async () => {
  const secret = `sk-ant-api03-${'Ab3dEf6h'.repeat(11)}`
  const noisy = agentProcess('noisy', async () => {
    for (let n = 0; n < 500; n += 1) emit('count', { n, text: n === 3 ? secret : 'é' })
  })
  const recording = await record(async () => {
    const handle = spawn(noisy)
    handle.events.subscribe(({ data }) => {
      const own = data as { text: string } | undefined
      if (own?.text === 'é') own.text = 'changed'
    })
    await handle.result
    const texts: string[] = []
    handle.events.subscribe(({ type, data }) => type === 'count' && texts.push((data as { text: string }).text), { replay: true })
    const found = await handle.events.listenFor('count', { replay: true, where: ({ data }) => (data as { n: number }).n === 3 })
    return {
      wasWhole: texts[3] === secret && (found?.data as { text?: string } | undefined)?.text === secret,
      texts: texts.filter((text) => text !== secret),
    }
  })
  const { wasWhole, texts } = recording.value<{ wasWhole: boolean; texts: string[] }>()
  expect(recording.of('emit')[3]?.data.data).toMatchObject({ text: expect.stringContaining('‹masked:') })
  expect(wasWhole).toBe(true)
  expect(texts).toHaveLength(499)
  expect(texts[0]).toBe('é')
})
