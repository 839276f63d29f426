/** Recordings of every released version of the format load, fold and replay for ever. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { buildAndReview } from '../examples/build-and-review.ts'
import { dispatcher } from '../examples/dispatcher.ts'
import { explainAll } from '../examples/fan-out.ts'
import { untilItSucceeds } from '../examples/observe-and-retry.ts'
import { watchedSurvey } from '../examples/spawn-and-observe.ts'
import { summarize } from '../examples/summarize.ts'
import { taskDesk } from '../examples/task-desk.ts'
import { workerPool } from '../examples/worker-pool.ts'
import { type Entry, EVENT_TYPES, FORMAT_VERSION } from '../src/log/events.ts'
import { jsonlStore } from '../src/log/jsonl.ts'
import * as projections from '../src/projections/index.ts'
import type { Projection } from '../src/projections/projection.ts'
import { replayAll } from '../src/replay/corpus.ts'
import { replay } from '../src/replay/replay.ts'
import { PLANS } from './recordings/plans.ts'
import { concurrentHandlers } from './recordings/programs/concurrent-handlers.ts'
import { nightShift } from './recordings/programs/night-shift.ts'
import { twentyAgents } from './recordings/programs/twenty-agents.ts'

const FOLDER = fileURLToPath(new URL('recordings', import.meta.url))
const PROCESSES = [
  buildAndReview,
  concurrentHandlers,
  dispatcher,
  explainAll,
  nightShift,
  summarize,
  taskDesk,
  twentyAgents,
  untilItSucceeds,
  watchedSurvey,
  workerPool,
]
const VERSIONS = Array.from({ length: FORMAT_VERSION }, (_, index) => `v${index + 1}`)
const RECORDINGS = VERSIONS.flatMap((version) => namesIn(join(FOLDER, version)).map((name) => `${version}/${name}`))
const CUT_OFF = 'v1/killed-at-night'

describe('the recordings', () => {
  test('are there for every version of the format: it never rises without a folder of its own', () => {
    expect(VERSIONS.filter((version) => !existsSync(join(FOLDER, version)))).toEqual([])
    for (const version of VERSIONS) expect(namesIn(join(FOLDER, version))).toEqual(expect.arrayContaining(Object.keys(PLANS)))
  })

  test.for(RECORDINGS)('%s is of its version, complete, and about no machine', async (recording) => {
    const entries = await entriesOf(recording)
    const text = JSON.stringify(entries)
    expect(entries[0]).toMatchObject({ seq: 1, type: 'run_started', data: { v: Number(recording.slice(1, recording.indexOf('/'))) } })
    expect(entries.at(-1)?.seq).toBe(entries.length)
    expect(entries.some(({ type }) => type === 'run_ended')).toBe(recording !== CUT_OFF)
    expect(entries.filter(({ type }) => !(EVENT_TYPES as readonly string[]).includes(type))).toEqual([])
    expect(text).not.toMatch(/\/root\/|\/home\/(?!recorder)|\/Users\/|\/work\//)
  })

  test.for(RECORDINGS)('%s folds, in one go as in two', async (recording) => {
    const entries = await entriesOf(recording)
    const half = Math.floor(entries.length / 2)
    expect(ALL.length).toBeGreaterThan(10)
    for (const projection of ALL) {
      const whole = projections.fold(projection, entries)
      const inTwo = projections.fold(projection, entries.slice(half), projections.fold(projection, entries.slice(0, half)))
      expect(inTwo, projection.name).toEqual(whole)
    }
    const { run } = projections.fold(projections.overview, entries)
    const end = entries.at(-1)
    expect(run).toMatchObject({ eventsCount: entries.length, endedAt: end?.type === 'run_ended' ? end.time : null })
  })

  test.for(RECORDINGS)('%s replays: every input is handed over, every decision is the recorded one', async (recording) => {
    const [header] = await entriesOf(recording)
    const process = PROCESSES.find(({ processName }) => header?.type === 'run_started' && processName === header.data.process)
    const verdict = await replay(process as (typeof PROCESSES)[number], join(FOLDER, recording))
    expect(verdict).toMatchObject({ verdict: 'identical', divergences: [], rerun: { ended: recording !== CUT_OFF } })
    expect(verdict.rerun).toMatchObject({ delivered: verdict.recorded.inputs, matched: verdict.recorded.outputs })
  })

  test('of a run that was killed tells what it was waiting for', async () => {
    const { waiting } = await replay(nightShift, join(FOLDER, CUT_OFF))
    expect(waiting.map(({ scope, kind, label }) => `${scope} ${kind} ${label}`)).toEqual([
      '/nightShift#0/lamp#0 timer sleep',
      '/nightShift#0 tool_call guard.round',
      '/nightShift#0/on:tool(guard,round)#1 step call',
      '/nightShift#0 wait done() or fail()',
    ])
    expect(waiting[2]?.site).toMatchObject({ file: expect.stringMatching(/programs\/night-shift\.ts$/), line: 19 })
  })

  test('cover every outcome of the examples that they name, as one corpus', async () => {
    const { verdict, recordings, coverage } = await replayAll(PROCESSES, FOLDER)
    expect([verdict, recordings.length]).toEqual(['identical', RECORDINGS.length])
    const unseen = coverage.covered.filter(({ outcomes }) => Object.values(outcomes).every((times) => times === 0))
    expect(unseen.map(({ name }) => name).sort()).toEqual(['lamp', 'nightShift', 'taskDesk.tasks'])
  })
})

/** Every projection there is. */
const ALL: readonly Projection<unknown>[] = Object.values(projections).filter(
  (value): value is Projection<never> => typeof value === 'object' && 'apply' in value && 'initial' in value,
)

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : []
}

async function entriesOf(recording: string): Promise<Entry[]> {
  const entries: Entry[] = []
  for await (const entry of jsonlStore(join(FOLDER, recording, '..')).read(recording.slice(recording.indexOf('/') + 1))) {
    if ('unreadable' in entry) throw new Error(entry.unreadable.reason)
    entries.push(entry)
  }
  return entries
}
