import { AsyncLocalStorage } from 'node:async_hooks'
import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { runLog } from '../../src/log/append.ts'
import type { Entry, Json } from '../../src/log/events.ts'
import { memoryStore } from '../../src/log/memory.ts'
import { redactor } from '../../src/log/redact.ts'
import { all, emitted, RUN, seqOf, startLog, upTo } from './entries.ts'

test('an entry is returned as it was recorded: placed, JSON-safe, masked, and out of reach of the original', async () => {
  const store = memoryStore()
  const log = startLog(store, undefined, redactor({ MY_TOKEN: 'hunter2hunter2' }))
  const data = { when: new Date(0), text: 'hunter2hunter2', list: [1] }
  const entry = log.append(emitted(data as unknown as Json))
  data.list.push(2)
  expect(entry).toStrictEqual({
    seq: 1,
    time: '2026-11-21T09:00:00.001Z',
    type: 'emit',
    by: 'program',
    scope: '/demo#0',
    data: { event: 'note', data: { when: '1970-01-01T00:00:00.000Z', text: '‹masked:MY_TOKEN›', list: [1] } },
  })
  await log.flushed()
  expect(await all(store.read(RUN))).toStrictEqual([entry])
})

property.prop([fc.array(fc.double({ min: -8.64e12, max: 8.64e12, noNaN: true }), { minLength: 1, maxLength: 20 })])(
  'time never goes backwards, whatever the clock does',
  (clockMs) => {
    const store = memoryStore()
    let look = 0
    const log = runLog({ store, run: RUN, writer: store.create(RUN), clock: () => clockMs[look++] ?? 0, redact: redactor({}) })
    const times = clockMs.map(() => Date.parse(log.append(emitted(null)).time))
    let highest = -Infinity
    expect(times).toStrictEqual(clockMs.map((ms) => (highest = Math.max(highest, Math.floor(ms))) + 0))
  },
)

test('listeners hear of entries after they were written, in order, each once', async () => {
  const store = memoryStore()
  const log = startLog(store)
  const heard: number[][] = []
  log.onWritten((entries) => heard.push(entries.map(({ seq }) => seq)))
  log.append(emitted(1))
  log.append(emitted(2))
  expect(heard).toStrictEqual([])
  await log.flushed()
  expect(heard).toStrictEqual([[1, 2]])
  log.append(emitted(3))
  expect(log.flush()).toBe(3)
  expect(heard).toStrictEqual([[1, 2], [3]])
  await Promise.resolve()
  expect(heard).toHaveLength(2)
})

test('a listener that appends and flushes keeps the order for those after it', async () => {
  const log = startLog(memoryStore())
  const second: number[] = []
  log.onWritten((entries: readonly Entry[]) => {
    if (entries[0]?.seq === 1) {
      log.append(emitted('from a listener'))
      log.flush()
      log.append(emitted('and one for later'))
    }
  })
  log.onWritten((entries) => second.push(...entries.map(({ seq }) => seq)))
  log.append(emitted(1))
  log.flush()
  await log.flushed()
  expect(second).toStrictEqual([1, 2, 3])
})

test('a listener that stopped hears nothing more', () => {
  const log = startLog(memoryStore())
  const heard: number[] = []
  const stop = log.onWritten((entries) => heard.push(...entries.map(({ seq }) => seq)))
  log.append(emitted(1))
  log.flush()
  stop()
  log.append(emitted(2))
  log.flush()
  expect(heard).toStrictEqual([1])
})

test('listeners run outside of the async context of whoever appends', async () => {
  const scope = new AsyncLocalStorage<string>()
  const log = startLog(memoryStore())
  const contexts: (string | undefined)[] = []
  log.onWritten(() => contexts.push(scope.getStore()))
  await scope.run('a process', async () => {
    log.append(emitted(1))
    await log.flushed()
    log.append(emitted(2))
    log.flush()
    expect(scope.getStore()).toBe('a process')
  })
  expect(contexts).toStrictEqual([undefined, undefined])
})

test('many callers that wait at once share one write', async () => {
  const store = memoryStore()
  const writer = store.create(RUN)
  let flushes = 0
  const counting = {
    ...writer,
    get lastSeq() {
      return writer.lastSeq
    },
    flush: () => ((flushes += 1), writer.flush()),
    flushed: async () => undefined,
  }
  const log = runLog({ store, run: RUN, writer: counting, clock: Date.now, redact: redactor({}) })
  await Promise.all(
    upTo(64).map(async (n) => {
      log.append(emitted(n))
      await log.flushed()
    }),
  )
  expect(flushes).toBe(1)
})

test('a closed log refuses more, and closing again is fine', async () => {
  const store = memoryStore()
  const log = startLog(store)
  log.append(emitted(1))
  await log.close()
  await log.close()
  const closed = expect.objectContaining({ code: 'ERR_LOG_CLOSED' })
  expect(() => log.append(emitted(2))).toThrow(closed)
  expect(() => log.flush()).toThrow(closed)
  await expect(log.flushed()).rejects.toThrow(closed)
  expect((await all(store.read(RUN))).map(seqOf)).toStrictEqual([1])
})
