/** A run that was killed before its first entry was whole: every command says the same of it. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { reviewLog } from '../projections/review-log.ts'
import { type Home, makeHome, openRun, ramure, record } from './home.ts'

const RUN = 'brisk-otter-4q7m2xk9'
const OTHER = 'gray-finch-0k2m4n6p'
const WHY = 'its runtime vanished before it wrote the first entry'

const BEGINNINGS: readonly (readonly [what: string, log: string])[] = [
  ['no byte', ''],
  ['half of its first line', '{"seq":1,"time":"2026-11-21T09:00:00.000Z","ty'],
  ['a few bytes', '{"s'],
]

function homeWith(log: string): Home {
  const home = makeHome()
  mkdirSync(join(home.logs, RUN), { recursive: true })
  writeFileSync(join(home.logs, RUN, 'events.jsonl'), log)
  return home
}

describe.for(BEGINNINGS)('a log of %s', ([, log]) => {
  it('is one of a run whose runtime vanished, wherever that is told', async () => {
    const home = homeWith(log)
    const told: readonly (readonly [args: readonly string[], exit: number])[] = [
      [['ls', '--all'], 0],
      [['ls', '--failed'], 0],
      [['status', RUN], 0],
      [['verify', RUN], 0],
      [['why', RUN], 6],
      [['tail', RUN], 0],
      [['tail', RUN, '-n', 'all'], 0],
      [['tail', '-f', RUN], 6],
    ]
    for (const [args, exit] of told) {
      const said = await ramure(home, args)
      expect([args, said.exit]).toEqual([args, exit])
      expect(said.stdout + said.stderr, args.join(' ')).toContain(WHY)
    }
    const { runs } = JSON.parse((await ramure(home, ['ls', '--all', '--json'])).stdout).data
    expect(runs).toMatchObject([{ run: RUN, status: 'orphaned', reason: WHY, events: null }])
  })

  it('has nothing to show, replay or share, and each command says so in the same words', async () => {
    const home = homeWith(log)
    await record(home, OTHER, reviewLog(5))
    const asked = [
      ['replay', RUN],
      ['show', RUN, '1'],
      ['why', RUN, '1'],
      ['diff', RUN, OTHER],
      ['diff', OTHER, RUN],
      ['open', RUN, '--no-browser'],
      ['export-test', RUN, '-o', join(home.root, 'out')],
      ...['--html', '--bundle', '--otlp', '--perfetto'].map((format) => ['export', RUN, format, '-o', join(home.root, 'out')]),
    ]
    for (const args of asked) {
      const { exit, stdout, stderr } = await ramure(home, args)
      expect([args, exit]).toEqual([args, 8])
      expect(stdout + stderr, args.join(' ')).toMatch(/ERR_LOG_EMPTY/)
      expect(stdout + stderr, args.join(' ')).toContain(`The log of ${RUN} has no entry.`)
    }
  })

  it('goes when it is old', async () => {
    const plan = (await ramure(homeWith(log), ['gc', '--keep', '0s', '--json'], { now: '2126-11-21T09:41:00.000Z' })).stdout
    expect(JSON.parse(plan).data).toMatchObject({ remove: [{ run: RUN, how: 'orphaned' }], odd: [] })
  })
})

it('a log whose only line cannot be read is damaged, not empty', async () => {
  const home = homeWith('garbage\n')
  expect((await ramure(home, ['ls', '--all'])).stdout).toContain('unreadable')
  expect((await ramure(home, ['replay', RUN])).stdout).toContain('ERR_LOG_CORRUPT')
  expect((await ramure(home, ['verify', RUN])).exit).toBe(8)
  for (const args of [
    ['status', RUN],
    ['why', RUN],
    ['tail', RUN],
  ])
    expect(Object.values(await ramure(home, args)).join(), args.join(' ')).not.toContain(WHY)
})

it('a live run that has not written yet has no entries yet', async () => {
  const home = makeHome()
  const log = openRun(home, RUN)
  const said = await ramure(home, ['tail', RUN])
  expect(said).toMatchObject({ exit: 0, stderr: expect.stringContaining('has no entries yet') })
  expect((await ramure(home, ['verify', RUN])).stdout).toContain('still written')
  await log.close()
})
