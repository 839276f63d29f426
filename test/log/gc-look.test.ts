/** Two processes tidy up the same folder: what one removes is not there any more for the other, and that is all. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { removePlanned } from '../../src/log/gc.ts'
import { lookForGc } from '../../src/log/gc-look.ts'
import { jsonlStore } from '../../src/log/jsonl.ts'
import type { LogStore } from '../../src/log/store.ts'
import { RUN, startLog } from './entries.ts'
import { tempFolder } from './temp.ts'

const STAYS = 'calm-newt-22222222'

/** A folder with two runs, and a store of it in which another process removes one of them when it is asked for `when`. */
async function withOther(when: 'read' | 'writerAlive' | 'delete'): Promise<{ folder: string; store: LogStore }> {
  const folder = tempFolder()
  const store = jsonlStore(folder)
  for (const run of [RUN, STAYS]) {
    const log = startLog(store, store.create(run))
    log.append({ type: 'run_started', by: 'runtime', scope: '/', data: { v: 1 } as never })
    await log.close()
  }
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
  const { folder, store } = await withOther('delete')
  const { runs } = await lookForGc(folder, store)
  const removals = await Promise.all(runs.map((planned) => removePlanned(folder, store, planned, Date.now)))
  expect(removals.map(({ run, failed }) => [run, failed])).toStrictEqual([
    [RUN, 'it is gone already'],
    [STAYS, null],
  ])
  const [planned] = runs
  if (planned === undefined) throw new Error('There were two runs.')
  expect(await removePlanned(folder, store, planned, Date.now)).toMatchObject({ failed: 'it is gone already' })
})
