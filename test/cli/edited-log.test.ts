/** Logs in which somebody has put other data into entries: no command takes that for a mistake of its own. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { reviewLog } from '../projections/review-log.ts'
import { makeHome, ramure, record } from './home.ts'

const RUN = 'brisk-otter-4q7m2xk9'
const OTHER = 'gray-finch-0k2m4n6p'

/** The first entry of each type but the header has other data. */
function edited(data: unknown): string {
  const met = new Set(['run_started'])
  return reviewLog()
    .map((entry) => {
      const isFirst = !met.has(entry.type)
      met.add(entry.type)
      return `${JSON.stringify(isFirst ? { ...entry, data } : entry)}\n`
    })
    .join('')
}

it.for([null, [], 'x', 1, {}])('data that are %j keep nobody from looking at the others', async (data) => {
  const home = makeHome()
  await record(home, OTHER, reviewLog())
  mkdirSync(join(home.logs, RUN))
  writeFileSync(join(home.logs, RUN, 'events.jsonl'), edited(data))
  const ofAll = [['ls', '--all'], ['tail', RUN, '-n', 'all'], ['verify', RUN], ['gc', '--keep', '1d'], ['doctor']]
  const ofOne = [
    ['status', RUN],
    ['why', RUN],
    ['diff', RUN, OTHER],
    ['replay', RUN],
    ['show', RUN, '2'],
  ]
  for (const args of data === null ? [...ofAll, ...ofOne] : ofAll) {
    const said = await ramure(home, args)
    expect(said.stderr, args.join(' ')).not.toContain('ERR_INTERNAL')
    expect([args[0] === 'doctor' || said.exit !== 1, args]).toEqual([true, args])
  }
  const isNoticed = JSON.stringify(data) !== '{}'
  expect((await ramure(home, ['verify', RUN])).exit).toBe(isNoticed ? 8 : 0)
})
