/** What a live run keeps beside its log while it goes on: enough that a reader has little left to fold. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { RunLog } from '../../src/log/append.ts'
import { checkPrefix } from '../../src/log/checksum.ts'
import { jsonlStore } from '../../src/log/jsonl.ts'
import type { LogStore } from '../../src/log/store.ts'
import { verifyRun } from '../../src/log/verify.ts'
import { FOLDED_KIND, foldedFrom, foldItem, nothingFolded } from '../../src/projections/folded.ts'
import { liveSnapshots } from '../../src/runtime/live-snapshots.ts'
import { emitted, RUN, startLog } from '../log/entries.ts'
import { tempFolder } from '../log/temp.ts'

interface Live {
  readonly store: LogStore
  readonly folder: string
  readonly log: RunLog
  readonly append: (count: number) => Promise<void>
  /** Lets the time to the next look pass; resolves when what it keeps is kept. */
  readonly look: () => Promise<void>
  /** Resolves when nothing is being kept any more. */
  readonly settled: () => Promise<void>
  readonly close: () => Promise<void>
}

function liveRun(): Live {
  const logs = tempFolder()
  const store = jsonlStore(logs)
  const writer = store.create(RUN)
  const log = startLog(store, writer)
  let due: (() => void) | null = null
  let kept = Promise.resolve()
  const watched: LogStore = { ...store, keepSnapshot: (...args) => (kept = store.keepSnapshot(...args)) }
  const timers = {
    set: (act: () => void) => ((due = act), 1),
    clear: () => void (due = null),
  }
  const snapshots = liveSnapshots({ store: watched, log, writer, timers })
  return {
    store,
    folder: join(logs, RUN),
    log,
    async append(count) {
      for (let n = 0; n < count; n += 1) log.append(emitted(n))
      await log.flushed()
    },
    async look() {
      const act = due
      due = null
      act?.()
      await kept
    },
    settled: () => kept,
    async close() {
      await snapshots.close()
      await log.close()
    },
  }
}

const keptSeq = async ({ store }: Live): Promise<number | null> => (await store.snapshot(RUN, FOLDED_KIND))?.seq ?? null

test('it keeps the state once there is enough that is new, when it looks and at the end', async () => {
  const run = liveRun()
  await run.append(1_999)
  await run.look()
  expect(await keptSeq(run)).toBeNull()
  await run.append(1)
  await run.look()
  expect(await keptSeq(run)).toBe(2_000)
  await run.append(2_500)
  expect(await keptSeq(run)).toBe(2_000)
  await run.close()
  expect(await keptSeq(run)).toBe(4_500)
  expect(readdirSync(run.folder).sort()).toEqual(['events.jsonl', 'index.bin', 'snapshot.json'])
})

test('a run that is never idle keeps it after 50,000 entries', async () => {
  const run = liveRun()
  await run.append(50_000)
  // No look has come.
  await run.settled()
  expect(await keptSeq(run)).toBe(50_000)
  await run.close()
})

test('what it keeps is what a reader of the whole log folds, and its checksum is that of the log', async () => {
  const run = liveRun()
  await run.append(3_000)
  await run.close()
  const cold = nothingFolded()
  for await (const item of run.store.read(RUN)) if (!('lagged' in item)) foldItem(cold, item)
  const found = await run.store.snapshot(RUN, FOLDED_KIND)
  expect(found && foldedFrom(found)).toEqual(cold)
  const [first = ''] = readFileSync(join(run.folder, 'snapshot.json'), 'utf8').split('\n')
  const { bytes, crc32 } = JSON.parse(`${first.slice(0, -1)}}`).position
  expect(checkPrefix([readFileSync(join(run.folder, 'events.jsonl'))], { bytes, crc32 })).toBe('same')
})

test('a folder it cannot write to costs it nothing', async () => {
  const run = liveRun()
  mkdirSync(join(run.folder, 'snapshot.json'))
  await run.append(3_000)
  await run.look()
  expect(run.log.dead).toBeNull()
  rmSync(join(run.folder, 'snapshot.json'), { recursive: true })
  await run.append(3_000)
  await run.close()
  expect(existsSync(join(run.folder, 'snapshot.json'))).toBe(true)
})

test('what it keeps is a witness for whoever verifies the log', async () => {
  const run = liveRun()
  await run.append(3_000)
  await run.close()
  const report = await verifyRun(join(run.folder, '..'), RUN)
  expect(report).toMatchObject({ snapshot: { result: 'ok' } })
})
