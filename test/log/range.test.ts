import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fc, test as property } from '@fast-check/vitest'
import { beforeAll, expect, test } from 'vitest'
import { runLog } from '../../src/log/append.ts'
import type { Entry } from '../../src/log/events.ts'
import { jsonlStore } from '../../src/log/jsonl.ts'
import { redactor } from '../../src/log/redact.ts'
import type { LogStore } from '../../src/log/store.ts'
import { all, emitted, RUN, seqOf } from './entries.ts'
import { tempFolder } from './temp.ts'

const START_MS = Date.parse('2026-11-21T09:00:00.000Z')
const timeOf = (ms: number): string => new Date(START_MS + ms).toISOString()

/** 6,000 entries, some megabytes; the clock stands still for stretches, and jumps. */
async function longRun(folder: string): Promise<{ readonly store: LogStore; readonly entries: readonly Entry[] }> {
  const store = jsonlStore(folder)
  let nowMs = START_MS
  const log = runLog({ store, run: RUN, writer: store.create(RUN), clock: () => nowMs, redact: redactor({}) })
  const entries: Entry[] = []
  for (let n = 0; n < 6_000; n += 1) {
    if (n % 7 === 0) nowMs += n % 11
    entries.push(log.append(emitted('x'.repeat((n * 37) % 900))))
  }
  await log.close()
  return { store, entries }
}

let folder: string
let long: Awaited<ReturnType<typeof longRun>>
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ramure-range-'))
  long = await longRun(folder)
  return () => rmSync(folder, { recursive: true })
})

const moment = fc.option(fc.integer({ min: -10, max: 5_000 }), { nil: undefined })

property.prop([moment, moment, fc.option(fc.integer({ min: 1, max: 6_001 }), { nil: undefined }), fc.boolean()], { numRuns: 60 })(
  'entries between two moments are found by halving, in both directions, and are those a filter keeps',
  async (since, until, from, reverse) => {
    const options = {
      ...(since === undefined ? {} : { since: timeOf(since) }),
      ...(until === undefined ? {} : { until: timeOf(until) }),
      ...(from === undefined ? {} : { from }),
      reverse,
    }
    const expected = long.entries.filter(
      ({ seq, time }) => seq >= (from ?? 1) && time >= timeOf(since ?? -100) && time <= timeOf(until ?? 100_000),
    )
    const found = (await all(long.store.read(RUN, options))).map(seqOf)
    expect(found).toStrictEqual((reverse ? expected.toReversed() : expected).map(({ seq }) => seq))
  },
)

test('what lies long before the wanted time is not even read', async () => {
  const own = tempFolder()
  const { store, entries } = await longRun(own)
  const since = entries.at(-1)?.time ?? ''
  const expected = entries.filter(({ time }) => time === since).map(({ seq }) => seq)
  // Whoever reads the beginning has to say that it is damaged.
  const fd = openSync(join(own, RUN, 'events.jsonl'), 'r+')
  writeSync(fd, 'x'.repeat(100_000), 1_000)
  closeSync(fd)
  expect((await all(store.read(RUN, { since }))).map(seqOf)).toStrictEqual(expected)
  expect(await all(store.read(RUN, { until: since, to: 1 }))).toMatchObject([{ seq: 1 }])
  expect((await all(store.read(RUN))).some((item) => 'unreadable' in item)).toBe(true)
})
