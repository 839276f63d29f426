import { fc, test } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import type { Entry } from '../../src/log/events.ts'
import { type Missed, subscribe } from '../../src/wire/subscription.ts'
import { upTo } from './client.ts'

const ENTRY_BYTES = 10

/** A log, a link that takes what it is told to, and the subscription between them. Time passes only when it is told to. */
function scene(queueBytesMax = 3 * ENTRY_BYTES) {
  const log: Entry[] = []
  const sent: number[] = []
  const told: [number, Missed][] = []
  const parked: (() => void)[] = []
  let queued = 0
  let published: number | null = null
  const drains: (() => void)[] = []
  let lagged = 0
  let peak = 0
  const drain = () => {
    queued = 0
    drains.splice(0).forEach((resume) => resume())
  }
  const subscription = subscribe(
    {
      published: () => published,
      async *entriesAfter(after) {
        for (let index = after; index < log.length; index += 1) {
          await new Promise<void>((resolve) => parked.push(resolve))
          yield log[index]!
        }
        await new Promise<void>((resolve) => parked.push(resolve))
      },
    },
    {
      write(entry) {
        sent.push(entry.aseq!)
        queued += ENTRY_BYTES
        peak = Math.max(peak, queued)
      },
      lagged: (missed) => told.push([sent.at(-1) ?? 0, missed]),
      queuedBytes: () => queued,
      drained: () => (queued === 0 ? Promise.resolve() : new Promise((resolve) => drains.push(resolve))),
    },
    {
      queueBytesMax,
      lagged: () => (lagged += 1),
      failed: (error) => {
        throw error
      },
    },
  )
  const write = () => void log.push({ aseq: log.length + 1 } as Entry)
  const publish = () => {
    const next = log[published ?? 0]
    if (next) subscription.publish(log[(published = next.aseq!) - 1]!)
  }
  return {
    sent,
    subscription,
    write,
    publish,
    drain,
    say: () => {
      write()
      publish()
    },
    /** The log yields one entry. */
    step: () => parked.shift()?.(),
    lagged: () => lagged,
    /** What the reader was told that it missed, and behind which entry. */
    told,
    peak: () => peak,
    last: () => log.length,
    /** Everything that can happen by itself happens. */
    async settle() {
      for (let quiet = 0; quiet < 20; quiet += 1) {
        if (parked.length > 0 || queued > 0) quiet = 0
        parked.splice(0).forEach((resume) => resume())
        drain()
        await Promise.resolve()
      }
    },
  }
}

const tick = () => new Promise<void>((resolve) => setImmediate(resolve))

describe('a subscription', () => {
  test('goes from history to live without a gap or a repeat while entries are published in between', async () => {
    const it = scene(Infinity)
    it.say()
    it.say()
    it.sent.length = 0
    it.subscription.sync(0)
    await tick()
    it.step()
    await tick()
    it.say()
    await it.settle()
    it.say()
    expect(it.sent).toEqual([1, 2, 3, 4])
  })

  test('does not repeat what was written, fetched and only then published', async () => {
    const it = scene(Infinity)
    it.write()
    it.subscription.sync(0)
    await it.settle()
    it.publish()
    it.say()
    expect(it.sent).toEqual([1, 2])
  })

  test('fetches what it was not told of', async () => {
    const it = scene(Infinity)
    it.say()
    it.write()
    it.write()
    it.subscription.publish({ aseq: 3 } as Entry)
    await it.settle()
    expect(it.sent).toEqual([1, 2, 3])
  })

  test('queues no more than its bound and says once that it lags', async () => {
    const it = scene()
    for (let n = 0; n < 50; n += 1) it.say()
    await tick()
    expect(it.sent).toEqual([1, 2, 3, 4])
    expect(it.lagged()).toBe(1)
    await it.settle()
    expect(it.sent).toEqual(upTo(50))
    expect(it.peak()).toBeLessThanOrEqual(4 * ENTRY_BYTES)
  })

  test('says what was missed once the reader has taken what waited, each time it lagged, and before it sends that', async () => {
    const it = scene()
    for (let n = 0; n < 50; n += 1) it.say()
    await tick()
    expect(it.told).toEqual([])
    it.say()
    await it.settle()
    expect(it.told).toEqual([[4, { from: 5, to: 51 }]])
    for (let n = 0; n < 10; n += 1) it.say()
    await it.settle()
    expect(it.told[1]).toEqual([55, { from: 56, to: 61 }])
    expect(it.sent).toEqual(upTo(61))
  })

  test('does not call what it reads of history at its own pace missed', async () => {
    const it = scene()
    for (let n = 0; n < 50; n += 1) it.write()
    it.subscription.sync(0)
    await it.settle()
    expect([it.sent.length, it.told]).toEqual([50, []])
  })

  test('that is synced anew in the middle of a sync starts again from there', async () => {
    const it = scene(Infinity)
    for (let n = 0; n < 5; n += 1) it.say()
    it.sent.length = 0
    it.subscription.sync(0)
    await tick()
    it.step()
    await tick()
    it.subscription.sync(3)
    await it.settle()
    expect(it.sent).toEqual([1, 4, 5])
  })

  test('that is synced further back in the middle of a sync misses nothing of what is asked for, published or not', async () => {
    const it = scene(Infinity)
    for (let n = 0; n < 5; n += 1) it.write()
    it.subscription.sync(2)
    await tick()
    it.step()
    it.subscription.sync(0)
    await it.settle()
    expect(it.sent).toEqual(upTo(5))
  })

  test('sends nothing after its end', async () => {
    const it = scene()
    it.say()
    it.subscription.sync(0)
    it.subscription.end()
    it.subscription.sync(0)
    it.say()
    await it.settle()
    expect(it.sent).toEqual([1])
  })

  test('takes what a host leaves out of a history as seen', async () => {
    const sent: number[] = []
    const entries = upTo(9).map((aseq) => ({ aseq }) as Entry)
    const subscription = subscribe(
      {
        published: () => 8,
        async *entriesAfter(after) {
          yield* entries.filter(({ aseq }) => aseq! > after && aseq! <= 8 && aseq! % 3 === 0)
        },
      },
      { write: (entry) => sent.push(entry.aseq!), lagged() {}, queuedBytes: () => 0, drained: () => Promise.resolve() },
      {
        queueBytesMax: 1,
        lagged() {},
        failed(error) {
          throw error
        },
      },
    )
    subscription.sync(0)
    await tick()
    subscription.publish(entries[8]!)
    expect(sent).toEqual([3, 6, 9])
  })

  test('sends nothing twice even when the log gives more than was asked for', async () => {
    const sent: number[] = []
    const entries = upTo(4).map((aseq) => ({ aseq }) as Entry)
    const subscription = subscribe(
      {
        published: () => 4,
        async *entriesAfter() {
          yield* [...entries, ...entries]
        },
      },
      { write: (entry) => sent.push(entry.aseq!), lagged() {}, queuedBytes: () => 0, drained: () => Promise.resolve() },
      {
        queueBytesMax: 1,
        lagged() {},
        failed(error) {
          throw error
        },
      },
    )
    subscription.sync(2)
    await tick()
    expect(sent).toEqual([3, 4])
  })

  test('whose log cannot be read says so once', async () => {
    const failures: unknown[] = []
    const subscription = subscribe(
      {
        published: () => 1,
        entriesAfter: () => {
          throw new Error('gone')
        },
      },
      { write() {}, lagged() {}, queuedBytes: () => 0, drained: () => Promise.resolve() },
      { queueBytesMax: 1, lagged() {}, failed: (error) => failures.push(error) },
    )
    subscription.sync(0)
    await tick()
    expect(failures).toHaveLength(1)
  })

  const steps = fc.array(fc.constantFrom('say', 'write', 'publish', 'step', 'step', 'drain', 'tick', 'tick', 'sync'), { maxLength: 80 })

  test.prop([steps, fc.infiniteStream(fc.nat({ max: 1000 }))])(
    'sends every entry above the last sync exactly once and in order, whatever happens when',
    async (story, dice) => {
      const it = scene()
      let synced = 0
      let from = 0
      it.subscription.sync(0)
      for (const step of story) {
        if (step === 'tick') await tick()
        else if (step === 'sync') {
          // A client asks for what it has not got, or for more of the past.
          synced = dice.next().value! % (it.last() + 1)
          from = it.sent.length
          it.subscription.sync(synced)
        } else it[step]()
      }
      while (it.last() > 0 && it.subscription.cursor() < it.last()) {
        it.publish()
        await it.settle()
        it.publish()
        if (it.subscription.cursor() < it.last()) it.say()
      }
      expect(it.sent.slice(from)).toEqual(upTo(it.last()).slice(synced))
      expect(it.peak()).toBeLessThanOrEqual(4 * ENTRY_BYTES)
    },
  )
})
