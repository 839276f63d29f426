/** Feeds of agents' events: everything is given to everybody, and little of it is kept. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, onTestFinished, test } from 'vitest'
import { jsonlStore } from '../../src/log/jsonl.ts'
import { agent } from '../../src/runtime/agent.ts'
import { scripted } from '../../src/runtime/driver-choice.ts'
import { sleep } from '../../src/runtime/effects.ts'
import { KEEP_ITEMS, openLongFeed } from '../../src/runtime/long-feed.ts'
import { record } from './harness.ts'

function storeHere() {
  const folder = mkdtempSync(join(tmpdir(), 'ramure-feed-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return jsonlStore(folder)
}

/** A feed of texts that are also kept elsewhere, and what was asked for there. */
function feedOf() {
  const log = new Map<number, string>()
  const asked: number[][] = []
  const feed = openLongFeed<string>((seqs) => {
    asked.push([...seqs])
    return seqs.map((seq) => log.get(seq) ?? 'lost')
  })
  let seq = 0
  const push = () => {
    // Entries of others stand between those of this feed.
    seq += 1 + (seq % 3)
    log.set(seq, `item ${seq}`)
    feed.push(`item ${seq}`, seq)
  }
  return { feed, push, asked, items: () => [...log.values()] }
}

describe('a long feed', () => {
  property.prop([fc.array(fc.oneof(fc.integer({ min: 1, max: 200 }), fc.constant('read' as const)), { maxLength: 12 })], { numRuns: 100 })(
    'gives every reader every item from the first on, whenever it comes',
    async (steps) => {
      const { feed, push, items } = feedOf()
      const readers: Promise<string[]>[] = []
      for (const step of steps) {
        if (step === 'read') readers.push(Array.fromAsync(feed))
        else for (let n = 0; n < step; n += 1) push()
        await Promise.resolve()
      }
      feed.close()
      for (const seen of await Promise.all([...readers, Array.fromAsync(feed)])) expect(seen).toEqual(items())
    },
  )

  test('asks for nothing while its reader keeps up, and for a few at a time when one comes late', async () => {
    const { feed, push, asked, items } = feedOf()
    const reader = Array.fromAsync(feed)
    for (let n = 0; n < 10 * KEEP_ITEMS; n += 1) {
      push()
      await new Promise(setImmediate)
    }
    expect(asked).toEqual([])
    feed.close()
    await reader
    await Array.fromAsync(feed)
    expect(asked.length).toBeGreaterThan(5)
    expect(Math.max(...asked.map((seqs) => seqs.length))).toBe(KEEP_ITEMS)
    expect(items()).toHaveLength(10 * KEEP_ITEMS)
  })

  test('keeps everything where nothing can be brought back', async () => {
    const feed = openLongFeed<number>(null)
    for (let n = 1; n <= 1000; n += 1) feed.push(n, n)
    feed.close()
    feed.push(1001, 1001)
    expect(await Array.fromAsync(feed)).toEqual(Array.from({ length: 1000 }, (_, n) => n + 1))
  })

  test('lets go of what it can bring back', async () => {
    const refs: WeakRef<object>[] = []
    const feed = openLongFeed<object>((seqs) => seqs.map((seq) => ({ seq })))
    const push = (seq: number) => {
      const item = { seq }
      refs.push(new WeakRef(item))
      feed.push(item, seq)
    }
    for (let n = 0; n < 1000; n += 1) push(n)
    const { setFlagsFromString } = await import('node:v8')
    setFlagsFromString('--expose-gc')
    await new Promise(setImmediate)
    ;(await import('node:vm')).runInNewContext('gc')()
    expect(refs.filter((ref) => ref.deref() !== undefined).length).toBeLessThanOrEqual(2 * KEEP_ITEMS)
  })
})

describe('the events of an agent that has said much', () => {
  test('are the same for a reader from the start and for one at the end, long texts included, and the run replays', async () => {
    const long = 'kept beside the log '.repeat(5000)
    const recording = await record(
      async () => {
        const worker = await agent('worker', { driver: scripted(() => {}) })
        const early: unknown[] = []
        void (async () => {
          for await (const event of worker.events) early.push(event)
        })()
        // One turn: most of these are not yet written when the late reader asks for them.
        for (let n = 0; n < 500; n += 1) await worker.send(n === 7 ? long : `message ${n}`)
        const late: unknown[] = []
        for await (const event of worker.events) {
          late.push(event)
          if (JSON.stringify(event.data).includes('message 499')) break
        }
        await sleep(1)
        return { late, early: early.slice(0, late.length) }
      },
      { store: storeHere() },
    )
    const { late, early } = recording.value<{ late: { type: string; data: { text?: string } }[]; early: unknown[] }>()
    expect(early).toEqual(late)
    const texts = late.filter(({ type }) => type === 'message').map(({ data }) => data.text)
    expect(texts).toEqual(Array.from({ length: 500 }, (_, n) => (n === 7 ? long : `message ${n}`)))
    expect(late[0]?.type).toBe('agent_created')
  })
})
