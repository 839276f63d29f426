import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { memoryStore } from '../../src/log/memory.ts'
import { LIVE_BUFFER_CHARACTERS_MAX, LIVE_BUFFER_ENTRIES_MAX } from '../../src/log/subscribe.ts'
import { all, emitted, RUN, seqOf, startLog, upTo } from './entries.ts'

test('L7 a reader that does not read is told what it missed, and then gets it from the log', async () => {
  const log = startLog(memoryStore())
  log.append(emitted('first'))
  log.flush()
  const reader = log.follow()[Symbol.asyncIterator]()
  expect(await reader.next()).toMatchObject({ value: { seq: 1 } })
  const total = LIVE_BUFFER_ENTRIES_MAX * 2
  while (log.lastSeq < total) log.append(emitted('more'))
  await log.close()
  expect(await reader.next()).toStrictEqual({ done: false, value: { lagged: { from: 2, to: total } } })
  const seen: unknown[] = []
  for (let item = await reader.next(); item.done !== true; item = await reader.next()) seen.push(seqOf(item.value))
  expect(seen).toStrictEqual(upTo(total, 2))
})

test('L7 a few large entries are as much as many small ones to a reader that does not read', async () => {
  const log = startLog(memoryStore())
  const text = 'x'.repeat(LIVE_BUFFER_CHARACTERS_MAX / 8)
  const append = (count: number) => {
    for (let n = 0; n < count; n += 1) {
      log.append(emitted(text))
      log.flush()
    }
  }
  append(1)
  const [within, beyond] = [log.follow()[Symbol.asyncIterator](), log.follow()[Symbol.asyncIterator]()]
  for (const reader of [within, beyond]) expect(seqOf((await reader.next()).value)).toBe(1)
  append(7)
  for (let seq = 2; seq <= 8; seq += 1) expect(seqOf((await within.next()).value)).toBe(seq)
  append(7)
  expect(seqOf((await within.next()).value)).toBe(9)
  expect(await beyond.next()).toStrictEqual({ done: false, value: { lagged: { from: 2, to: 15 } } })
  await log.close()
  for (let seq = 2; seq <= 15; seq += 1) expect(seqOf((await beyond.next()).value)).toBe(seq)
  expect(await beyond.next()).toMatchObject({ done: true })
})

test('one entry that is larger than the buffer reaches a reader that keeps up without a word of lag', async () => {
  const log = startLog(memoryStore())
  const reading = all(log.follow())
  for (let n = 0; n < 3; n += 1) {
    log.append(emitted('x'.repeat(LIVE_BUFFER_CHARACTERS_MAX + n)))
    await new Promise(setImmediate)
  }
  await log.close()
  expect((await reading).map(seqOf)).toStrictEqual([1, 2, 3])
})

test('a reader that keeps up is never told lagged', async () => {
  const log = startLog(memoryStore())
  const reading = all(log.follow())
  for (let n = 0; n < 3_000; n += 1) {
    log.append(emitted(n))
    if (n % 100 === 0) await new Promise(setImmediate)
  }
  await log.close()
  expect((await reading).map(seqOf)).toStrictEqual(upTo(3_000))
})

property.prop([fc.array(fc.constantFrom('append', 'flush', 'turn', 'reader', 'read'), { maxLength: 60 })])(
  'S5 whatever appending and reading race with: no gap, no repeat',
  async (plan) => {
    const store = memoryStore()
    const log = startLog(store)
    const readers: { readonly iterator: AsyncIterator<unknown>; readonly after: number; readonly seen: unknown[] }[] = []
    for (const step of plan) {
      if (step === 'append') log.append(emitted(step))
      else if (step === 'flush') log.flush()
      else if (step === 'turn') await new Promise(setImmediate)
      else if (step === 'reader')
        readers.push({
          iterator: log.follow({ after: Math.floor(log.lastSeq / 2) })[Symbol.asyncIterator](),
          after: Math.floor(log.lastSeq / 2),
          seen: [],
        })
      else
        for (const { iterator, seen } of readers)
          void iterator.next().then(({ value }) => value === undefined || seen.push((value as { seq: number }).seq))
    }
    const last = log.lastSeq
    await log.close()
    for (const { iterator, after, seen } of readers) {
      for (let item = await iterator.next(); item.done !== true; item = await iterator.next())
        seen.push((item.value as { seq: number }).seq)
      expect(seen).toStrictEqual(upTo(last, after + 1))
    }
  },
)

test('a reader whose signal aborts returns, also while it waits', async () => {
  const log = startLog(memoryStore())
  const stop = new AbortController()
  const reading = all(log.follow({ signal: stop.signal }))
  await new Promise(setImmediate)
  stop.abort()
  expect(await reading).toStrictEqual([])
  expect(log.run).toBe(RUN)
})
