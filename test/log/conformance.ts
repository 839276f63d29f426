import { crc32 } from 'node:zlib'
import { fc } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { encodeEntry } from '../../src/log/codec.ts'
import { appendEnd } from '../../src/log/ended.ts'
import type { Entry, Prefix } from '../../src/log/events.ts'
import type { LogStore, Unreadable } from '../../src/log/store.ts'
import { type Model, perform, steps } from './conformance-model.ts'
import { all, emitted, RUN, seqOf, startLog, upTo } from './entries.ts'

/** Every store passes this suite; `make` gives an empty one for the running test. */
export function conformance(name: string, make: () => LogStore): void {
  describe(`${name} keeps the contract of a store`, () => {
    test('it behaves like a list of entries (model)', async () => {
      await fc.assert(
        fc.asyncProperty(steps, async (plan) => {
          const store = make()
          const model: Model = { store, log: startLog(store), written: [], pending: [] }
          try {
            for (const step of plan) await perform(step, model)
          } finally {
            await model.log.close()
            await store.delete(RUN)
          }
        }),
        { numRuns: 60 },
      )
    })

    test('S1 entries are 1, 2, 3 …, any other seq is refused', async () => {
      const writer = make().create(RUN)
      writer.append(1, '{"seq":1}')
      for (const seq of [1, 3, 0, -1, NaN])
        expect(() => writer.append(seq, '{}')).toThrow(expect.objectContaining({ code: 'ERR_SEQ_MISMATCH' }))
      expect(writer.lastSeq).toBe(1)
    })

    test('an entry and its line are the same to it, one by one and by the dozen', async () => {
      const store = make()
      const writer = store.create(RUN)
      const text = JSON.stringify('long → '.repeat(300))
      const entries = upTo(60).map((seq): Entry => {
        const base = { seq, time: '2026-11-21T09:00:00.000Z', by: 'world', scope: `/a#${seq % 3}` } as const
        if (seq % 4 === 0)
          return { ...base, type: 'tool_call', agent: 'x', aseq: seq, id: 'boot:1', data: { call_id: 'é', tool: 't', params: {} } }
        return {
          ...base,
          type: 'stop_requested',
          cause: seq,
          data: { caller: seq % 5 === 0 ? (JSON.parse(text) as string) : 'somebody 🦦' },
        }
      })
      for (const entry of entries) {
        const data = JSON.stringify(entry.data)
        if (entry.seq % 7 === 0) writer.append(entry.seq, encodeEntry(entry, data))
        else writer.appendEntry(entry, data)
        if (entry.seq < 5 || entry.seq === 30) writer.flush()
      }
      expect(() => writer.appendEntry(emittedAs(60), '{}')).toThrow(expect.objectContaining({ code: 'ERR_SEQ_MISMATCH' }))
      writer.flush()
      expect(await all(store.read(RUN))).toStrictEqual(entries)
      const lines = entries.map((entry) => encodeEntry(entry, JSON.stringify(entry.data)))
      expect(writer.position()).toStrictEqual({ seq: 60, ...prefixOf(lines) })
      await writer.close()
      expect(() => writer.appendEntry(emittedAs(61), '{}')).toThrow(expect.objectContaining({ code: 'ERR_LOG_CLOSED' }))
    })

    test('S2 nothing is visible before a flush, everything after it', async () => {
      const store = make()
      const log = startLog(store)
      log.append(emitted(1))
      expect(await all(store.read(RUN))).toStrictEqual([])
      expect(log.flush()).toBe(1)
      expect(await all(store.read(RUN))).toHaveLength(1)
      await log.close()
    })

    test('entries come back at once by their numbers, with long texts in their place; what is not there is an error', async () => {
      const store = make()
      const log = startLog(store)
      const entries = Array.from({ length: 600 }, (_, n) =>
        log.append(emitted({ n, text: n === 5 ? 'long '.repeat(20_000) : 'é', $blob: 'mine' })),
      )
      const at = (seqs: readonly number[]) => store.entriesAt?.(RUN, seqs)
      expect(() => at([1])).toThrow(expect.objectContaining({ code: 'ERR_LOG_LINE' }))
      log.flush()
      for (const seqs of [[1], [600], [6], [1, 2, 3], [6, 300, 302, 599], []])
        expect(at(seqs)).toStrictEqual(seqs.map((seq) => entries[seq - 1]))
      for (const seqs of [[601], [599, 700]]) expect(() => at(seqs)).toThrow(expect.objectContaining({ code: 'ERR_LOG_LINE' }))
      expect(() => store.entriesAt?.('no-such-run-4q7m2xk9', [1])).toThrow(expect.objectContaining({ code: 'ERR_RUN_NOT_FOUND' }))
      await log.close()
    })

    test('S3 a closed writer refuses everything, closing twice is fine', async () => {
      const writer = make().create(RUN)
      await writer.close()
      await writer.close()
      expect(() => writer.append(1, '{}')).toThrow(expect.objectContaining({ code: 'ERR_LOG_CLOSED' }))
      expect(() => writer.flush()).toThrow(expect.objectContaining({ code: 'ERR_LOG_CLOSED' }))
      await expect(writer.flushed()).rejects.toThrow(expect.objectContaining({ code: 'ERR_LOG_CLOSED' }))
    })

    test('S4 one writer per run: a second create or open is refused while the first lives', async () => {
      const store = make()
      const writer = store.create(RUN)
      const locked = expect.objectContaining({ code: 'ERR_RUN_LOCKED' })
      expect(store.writerAlive(RUN)).toBe(true)
      expect(() => store.create(RUN)).toThrow(locked)
      expect(() => store.open(RUN)).toThrow(locked)
      await expect(store.delete(RUN)).rejects.toThrow(locked)
      await writer.close()
      expect(store.writerAlive(RUN)).toBe(false)
      expect(() => store.create(RUN)).toThrow(expect.objectContaining({ code: 'ERR_RUN_EXISTS' }))
      await store.open(RUN).close()
    })

    test('S5 followers that start at any moment see every entry once, in order, and end with the writer', async () => {
      const store = make()
      const log = startLog(store)
      const followers: Promise<unknown[]>[] = []
      for (let n = 0; n < 200; n += 1) {
        if (n % 20 === 0) followers.push(Array.fromAsync(store.follow(RUN, { after: n / 2 }), seqOf))
        log.append(emitted(n))
        if (n % 7 === 0) await log.flushed()
        if (n % 50 === 49) await new Promise(setImmediate)
      }
      await log.close()
      const seen = await Promise.all(followers)
      for (const [index, seqs] of seen.entries()) expect(seqs).toStrictEqual(upTo(200, index * 10 + 1))
    })

    test('a follower returns quietly when its signal aborts', async () => {
      const store = make()
      const log = startLog(store)
      log.append(emitted(1))
      log.flush()
      const stop = new AbortController()
      const seen: unknown[] = []
      for await (const item of store.follow(RUN, { signal: stop.signal })) {
        seen.push(seqOf(item))
        setImmediate(() => stop.abort())
      }
      expect(seen).toStrictEqual([1])
      await log.close()
    })

    test('an aborted signal before the start yields nothing', async () => {
      const store = make()
      const log = startLog(store)
      log.append(emitted(1))
      await log.close()
      expect(await all(store.follow(RUN, { signal: AbortSignal.abort() }))).toStrictEqual([])
    })

    test('what is not there is ERR_RUN_NOT_FOUND', async () => {
      const store = make()
      const missing = expect.objectContaining({ code: 'ERR_RUN_NOT_FOUND' })
      expect(() => store.open('calm-koala-00000000')).toThrow(missing)
      await expect(store.delete('calm-koala-00000000')).rejects.toThrow(missing)
      await expect(async () => all(store.read('calm-koala-00000000'))).rejects.toThrow(missing)
      await expect(async () => all(store.follow('calm-koala-00000000'))).rejects.toThrow(missing)
      expect(await store.list()).toStrictEqual([])
    })

    test('runs are listed newest first', async () => {
      const store = make()
      expect(await store.list()).toStrictEqual([])
      for (const run of ['calm-koala-00000000', 'able-alpaca-00000000']) {
        const log = startLog(store, store.create(run))
        await new Promise((done) => setImmediate(done))
        for (let n = 0; n < (run === 'calm-koala-00000000' ? 3 : 9); n += 1) log.append(emitted(n))
        await log.close()
      }
      const runs = await store.list()
      expect(runs.map(({ run }) => run)).toStrictEqual(['able-alpaca-00000000', 'calm-koala-00000000'])
      expect(runs[0]?.bytes).toBeGreaterThan(runs[1]?.bytes ?? 0)
    })

    test('a position counts the bytes of what was flushed, and their crc32, over a reopening too', async () => {
      const store = make()
      const writer = store.create(RUN)
      expect(writer.position()).toStrictEqual({ seq: 0, bytes: 0, crc32: 0 })
      writer.append(1, LINES[0])
      expect(writer.position().seq).toBe(0)
      writer.flush()
      expect(writer.position()).toStrictEqual({ seq: 1, ...prefixOf(LINES.slice(0, 1)) })
      writer.append(2, LINES[1])
      await writer.close()
      const again = store.open(RUN)
      expect(again.position()).toStrictEqual({ seq: 2, ...prefixOf(LINES.slice(0, 2)) })
      again.append(3, LINES[2])
      again.flush()
      expect(again.position()).toStrictEqual({ seq: 3, ...prefixOf(LINES) })
      await again.close()
    })

    test('the end of a run carries the checksum of everything before it, also of what was not yet written', async () => {
      const store = make()
      const log = startLog(store)
      log.append(emitted('written'))
      log.flush()
      log.append(emitted('“and this is not”'))
      const before = log.position()
      const end = appendEnd(log, { outcome: 'completed', duration_ms: 1 })
      await log.close()
      expect(end.data).toStrictEqual({ outcome: 'completed', duration_ms: 1, checksum: { bytes: before.bytes, crc32: before.crc32 } })
      expect(before).toStrictEqual({ seq: 2, ...prefixOf((await all(store.read(RUN, { to: 2 }))).map(lineOf)) })
    })

    test('long texts come back whole, or as a reference to a blob', async () => {
      const store = make()
      const log = startLog(store)
      const long = 'é🦦'.repeat(40_000)
      const appended = log.append(emitted({ long, mine: { $blob: 'sha256:not one' } }))
      await log.close()
      const [entry] = await all(store.read(RUN))
      expect(entry).toStrictEqual(appended)
      const [stored] = (await all(store.read(RUN, { blobs: 'reference' }))) as unknown as [
        { data: { data: { long: { $blob: string; bytes: number } } } },
      ]
      const { $blob, bytes } = stored.data.data.long
      const blob = await store.blob(RUN, $blob.slice('sha256:'.length))
      expect(Buffer.from(blob ?? []).toString()).toBe(long)
      expect(bytes).toBe(blob?.length)
      expect(await store.blob(RUN, '0'.repeat(64))).toBeNull()
      expect(await all(store.follow(RUN))).toStrictEqual([appended])
    })

    test('what is no time is refused', async () => {
      const store = make()
      const log = startLog(store)
      log.append(emitted(1))
      await log.close()
      for (const bad of [{ since: 'soon' }, { until: '' }])
        await expect(all(store.read(RUN, bad))).rejects.toThrow(expect.objectContaining({ code: 'ERR_BAD_TIME' }))
      expect(await all(store.read(RUN, { since: '2026-11-21T10:00:00+02:00' }))).toHaveLength(1)
    })

    test('what is skimmed is what is read, from any entry on', async () => {
      const store = make()
      const log = startLog(store)
      const appended = Array.from({ length: 20 }, (_, n) => log.append(emitted({ n })))
      await log.close()
      for (const from of [1, 7, 20, 21]) {
        const items: unknown[] = []
        for await (const batch of store.skim(RUN, { from }))
          for (const item of batch) if ('seq' in item) items.push([item.seq, item.time, item.type, item.scope, item.data])
        expect(items).toStrictEqual(appended.slice(from - 1).map(({ seq, time, type, scope, data }) => [seq, time, type, scope, data]))
      }
    })

    test('who goes on from a snapshot does not change it for the next one', async () => {
      const store = make()
      const log = startLog(store)
      log.append(emitted(1))
      await log.close()
      await store.keepSnapshot(RUN, { kind: 'a@1', seq: 1, summary: {}, state: { list: [1] } })
      const state = (await store.snapshot(RUN, 'a@1'))?.state() as { list: number[] }
      state.list.push(2)
      expect((await store.snapshot(RUN, 'a@1'))?.state()).toStrictEqual({ list: [1] })
    })

    test('a snapshot is found again by its kind, and the newest one only', async () => {
      const store = make()
      const log = startLog(store)
      for (let n = 0; n < 50; n += 1) log.append(emitted(n))
      await log.flushed()
      expect(await store.snapshot(RUN, 'a@1')).toBeNull()
      await store.keepSnapshot(RUN, { kind: 'a@1', seq: 20, summary: { n: 1 }, state: { deep: ['é', null] } })
      const found = await store.snapshot(RUN, 'a@1')
      expect([found?.seq, found?.summary, found?.state()]).toStrictEqual([20, { n: 1 }, { deep: ['é', null] }])
      expect(await store.snapshot(RUN, 'a@2')).toBeNull()
      log.append(emitted('more'))
      await log.close()
      await store.keepSnapshot(RUN, { kind: 'a@2', seq: 50, summary: {}, state: 7 })
      expect((await store.snapshot(RUN, 'a@2'))?.state()).toBe(7)
      expect(await store.snapshot(RUN, 'a@1')).toBeNull()
      await expect(store.snapshot('calm-koala-00000000', 'a@1')).rejects.toThrow(expect.objectContaining({ code: 'ERR_RUN_NOT_FOUND' }))
    })

    test('a reopened run goes on with the next seq, and time does not go backwards', async () => {
      const store = make()
      const first = startLog(store)
      for (let n = 0; n < 50; n += 1) first.append(emitted(n))
      await first.close()
      const second = startLog(store, store.open(RUN))
      const entry = second.append(emitted('again'))
      await second.close()
      const times = (await all(store.read(RUN))).map((item) => ('seq' in item ? item.time : ''))
      expect(entry.seq).toBe(51)
      expect(times).toStrictEqual([...times].sort())
    })
  })
}

const LINES = [1, 2, 3].map(
  (seq) => `{"seq":${seq},"time":"2026-11-21T09:00:00.000Z","type":"emit","by":"program","scope":"/","data":"é🦦"}`,
) as [string, string, string]

function emittedAs(seq: number): Entry {
  return { seq, time: '2026-11-21T09:00:00.000Z', type: 'emit', by: 'program', scope: '/', data: { event: 'note', data: null } }
}

function lineOf(entry: Entry | Unreadable): string {
  if ('unreadable' in entry) throw new Error(entry.unreadable.reason)
  return encodeEntry(entry, JSON.stringify(entry.data))
}

function prefixOf(lines: readonly string[]): Prefix {
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''))
  return { bytes: bytes.length, crc32: crc32(bytes) }
}
