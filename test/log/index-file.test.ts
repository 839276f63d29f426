import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fc, test as property } from '@fast-check/vitest'
import { beforeAll, expect, test } from 'vitest'
import { extendIndex, readIndex } from '../../src/log/index-file.ts'
import { jsonlStore } from '../../src/log/jsonl.ts'
import { runFolder } from '../../src/log/run-folder.ts'
import type { LogStore } from '../../src/log/store.ts'
import { all, emitted, RUN, seqOf, startLog } from './entries.ts'

const ENTRIES = 8_000
let logs: string
let store: LogStore
let index: string
let whole: Buffer

/** 4 MB: some steps of the index. Its clock ticks once an entry. */
beforeAll(async () => {
  logs = mkdtempSync(join(tmpdir(), 'ramure-index-'))
  store = jsonlStore(logs)
  index = join(logs, RUN, 'index.bin')
  const log = startLog(store)
  for (let n = 0; n < ENTRIES; n += 1) log.append(emitted('x'.repeat((n * 37) % 900)))
  await log.close()
  await store.keepSnapshot(RUN, { kind: 'a@1', seq: ENTRIES, summary: {}, state: null })
  whole = readFileSync(index)
  return () => rmSync(logs, { recursive: true })
})

const timeOf = (seq: number): string => new Date(Date.parse('2026-11-21T09:00:00.000Z') + seq).toISOString()
const firstSeqs = async (options: object): Promise<unknown[]> => (await all(store.read(RUN, { ...options, types: ['emit'] }))).map(seqOf)

test('it is written beside the snapshot, private, with a mark every 256 KiB', () => {
  expect(statSync(index).mode & 0o777).toBe(0o600)
  expect(readdirSync(join(logs, RUN)).sort()).toStrictEqual(['events.jsonl', 'index.bin', 'snapshot.json'])
  const marks = new Float64Array(Uint8Array.from(whole).buffer)
  const size = statSync(join(logs, RUN, 'events.jsonl')).size
  expect(marks.length / 3).toBeGreaterThan(size / (256 * 1024) - 3)
  const log = readFileSync(join(logs, RUN, 'events.jsonl'))
  for (let at = 0; at < marks.length; at += 3) {
    const [seq = 0, ms = 0, offset = 0] = marks.subarray(at)
    expect(log.toString('utf8', offset, offset + 60)).toContain(`{"seq":${seq},"time":"${new Date(ms).toISOString()}"`)
  }
})

test('it says where to look: close before the entry, and close behind', () => {
  const size = statSync(join(logs, RUN, 'events.jsonl')).size
  for (const wanted of [2_000, 4_000, 6_000]) {
    const [before = 0, behind = 0] = readIndex(runFolder(logs, RUN))(({ seq }) => seq >= wanted)
    expect(behind - before).toBeLessThan(300 * 1024)
    expect(Math.abs(before / size - wanted / ENTRIES)).toBeLessThan(0.1)
  }
})

test('what is appended later is added, and nothing is noted twice', async () => {
  const folder = runFolder(logs, RUN)
  writeFileSync(index, whole.subarray(0, 5 * 24))
  await extendIndex(folder, statSync(folder.events).size)
  const marks = (bytes: Buffer): number[] => [...new Float64Array(Uint8Array.from(bytes).buffer)].filter((_, at) => at % 3 === 0)
  expect(marks(readFileSync(index)).slice(0, 5)).toStrictEqual(marks(whole).slice(0, 5))
  expect(new Set(marks(readFileSync(index))).size).toBe(marks(readFileSync(index)).length)
  expect(marks(readFileSync(index))).toStrictEqual(marks(readFileSync(index)).toSorted((a, b) => a - b))
})

const spoilt = fc.oneof(
  fc.constant((bytes: Buffer) => bytes.subarray(0, 0)),
  fc.nat({ max: 2_000 }).map((length) => (bytes: Buffer) => bytes.subarray(0, length)),
  fc.array(fc.tuple(fc.nat({ max: 500 }), fc.nat({ max: 255 })), { maxLength: 40 }).map((changes) => (bytes: Buffer) => {
    const copy = Buffer.from(bytes)
    for (const [at, byte] of changes) copy[at % copy.length] = byte
    return copy
  }),
  fc.uint8Array({ maxLength: 600 }).map((random) => () => Buffer.from(random)),
  fc.constant((bytes: Buffer) => Buffer.from(new Float64Array(Uint8Array.from(bytes).buffer).reverse().buffer)),
)

property.prop([spoilt, fc.integer({ min: 0, max: ENTRIES + 5 }), fc.boolean()], { numRuns: 60 })(
  'whatever stands in it, what is read is the same',
  async (spoil, seq, byTime) => {
    writeFileSync(index, spoil(whole))
    const options = byTime ? { since: timeOf(seq), until: timeOf(seq + 3) } : { from: seq, to: seq + 3 }
    const expected = [seq, seq + 1, seq + 2, seq + 3].filter((each) => each >= 1 && each <= ENTRIES)
    expect(await firstSeqs(options)).toStrictEqual(expected)
    expect(await firstSeqs({ ...options, reverse: true })).toStrictEqual(expected.reverse())
  },
)
