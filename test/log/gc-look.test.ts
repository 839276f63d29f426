/** Two processes tidy up the same folder: what one removes is not there any more for the other, and that is all. */
import { existsSync, readFileSync, rmSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { removePlanned } from '../../src/log/gc.ts'
import { lookForGc } from '../../src/log/gc-look.ts'
import type { Found } from '../../src/log/gc-plan.ts'
import { jsonlStore } from '../../src/log/jsonl.ts'
import type { LogStore } from '../../src/log/store.ts'
import { RUN, startLog } from './entries.ts'
import { tempFolder } from './temp.ts'

const STAYS = 'calm-newt-22222222'

/** A folder with two runs; resolves with what a plan is made of. */
async function twoRuns(folder: string): Promise<readonly Found[]> {
  const store = jsonlStore(folder)
  for (const run of [RUN, STAYS]) {
    const log = startLog(store, store.create(run))
    log.append({ type: 'run_started', by: 'runtime', scope: '/', data: { v: 1 } as never })
    await log.close()
  }
  return (await lookForGc(folder, store)).runs.toSorted((a, b) => (a.run < b.run ? -1 : 1)).toReversed()
}

/** The same, and a store of it in which another process removes one of them when it is asked for `when`. */
async function withOther(when: 'read' | 'writerAlive'): Promise<{ folder: string; store: LogStore }> {
  const folder = tempFolder()
  await twoRuns(folder)
  const store = jsonlStore(folder)
  const gone = (run: string): void => (run === RUN ? rmSync(join(folder, RUN), { recursive: true, force: true }) : undefined)
  const asked = { [when]: (run: string, ...rest: never[]) => (gone(run), (store[when] as (...all: unknown[]) => never)(run, ...rest)) }
  return { folder, store: { ...store, ...asked } }
}

test.for(['read', 'writerAlive'] as const)('a run that goes while it is looked at (%s) is left out', async (when) => {
  const { folder, store } = await withOther(when)
  const { runs, odd } = await lookForGc(folder, store)
  expect(runs.map(({ run }) => run)).toStrictEqual([STAYS])
  expect(odd).toStrictEqual([])
})

test('a run that goes between the plan and its removal is said to be gone', async () => {
  const folder = tempFolder()
  const runs = await twoRuns(folder)
  rmSync(join(folder, RUN), { recursive: true })
  expect(runs.map((planned) => removePlanned(folder, planned, Date.now)).map(({ run, outcome }) => [run, outcome])).toStrictEqual([
    [STAYS, 'removed'],
    [RUN, 'gone'],
  ])
  expect(readFileSync(join(folder, 'gc.jsonl'), 'utf8')).not.toContain(RUN)
})

test('a run that is written to after it was looked at stays: what counts is seen when nobody can write any more', async () => {
  const folder = tempFolder()
  const planned = (await twoRuns(folder)).find(({ run }) => run === RUN)
  if (planned === undefined) throw new Error('It was recorded.')
  const events = join(folder, RUN, 'events.jsonl')
  let asked = 0
  const late = {
    ...planned,
    // Asked by the plan's own text, before the lock, and behind it.
    get lastMs() {
      asked += 1
      if (asked === 3) utimesSync(events, new Date(), new Date(planned.lastMs + 60_000))
      return planned.lastMs
    },
  }
  expect(removePlanned(folder, late, Date.now)).toMatchObject({ outcome: 'kept', why: 'it was written to since the plan was made' })
  expect(asked).toBe(3)
  expect(jsonlStore(folder).writerAlive(RUN)).toBe(false)
})

test('nobody can open a run while it is noted that it goes', async () => {
  const folder = tempFolder()
  const store = jsonlStore(folder)
  const codes: unknown[] = []
  const now = (): number => {
    if (existsSync(join(folder, STAYS))) codes.push(codeOf(() => store.open(STAYS)))
    return 0
  }
  const planned = (await twoRuns(folder)).find(({ run }) => run === STAYS)
  if (planned === undefined) throw new Error('It was recorded.')
  expect(removePlanned(folder, planned, now)).toMatchObject({ outcome: 'removed' })
  expect(codes).toStrictEqual(['ERR_RUN_LOCKED'])
})

function codeOf(action: () => unknown): unknown {
  try {
    return action()
  } catch (error) {
    return (error as { readonly code?: unknown }).code
  }
}
