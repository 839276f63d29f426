/** A long log is folded once: the next look starts from what was kept, as long as it fits. */
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Entry } from '../../src/log/events.ts'
import { reviewLog } from '../projections/review-log.ts'
import { type Home, makeHome, ramure, record } from './home.ts'

const RUN = 'brisk-otter-4q7m2xk9'

/** As many entries as make it worth keeping, and then the rest of the run. */
function longLog(): Entry[] {
  const [base, usage] = [reviewLog(), reviewLog()[17] as Entry]
  const middle = Array.from({ length: 10_000 }, () => usage)
  return [...base.slice(0, 18), ...middle, ...base.slice(18)].map((entry, index) => ({ ...entry, seq: index + 1 }))
}

const status = async (home: Home, run = RUN) => JSON.parse((await ramure(home, ['status', run, '--json'])).stdout).data

it('a status from what was kept is the status from the whole log, and what is in doubt is not used', async () => {
  const home = makeHome()
  await record(home, RUN, longLog())
  const [log, kept] = ['events.jsonl', 'snapshot.json'].map((name) => join(home.logs, RUN, name)) as [string, string]
  const cold = await status(home)
  expect(statSync(kept).mode & 0o777).toBe(0o600)
  expect(await status(home)).toEqual(cold)

  // It is really used: a lie in it shows.
  const honest = readFileSync(kept, 'utf8')
  const lie = honest.replace('"process":"review"', '"process":"lie"')
  writeFileSync(kept, lie)
  expect((await status(home)).process).toBe('lie')

  // Unless it is cut, of another version, of another place, or no JSON at all.
  const spoilt = [
    lie.slice(0, -200),
    lie.slice(0, 100),
    '',
    '{',
    '\0'.repeat(lie.length),
    lie.replace('"ramure":"', '"ramure":"9'),
    lie.replace('"kind":"folded@1', '"kind":"folded@0'),
    lie.replace(/"last":\d+/, '"last":1'),
    lie.replace(/"first":\d+/, '"first":1'),
    lie.replace(/"bytes":(\d+)/, (_, bytes) => `"bytes":${Number(bytes) - 1}`),
    lie.replace(/"seq":(\d+)/, (_, seq) => `"seq":${Number(seq) - 1}`),
    lie.replace(/"state":.*/, '"state":{"overview":7,"gaps":[]}}'),
  ]
  for (const text of spoilt) {
    writeFileSync(kept, text)
    expect(await status(home)).toEqual(cold)
  }
  expect(readdirSync(join(home.logs, RUN)).sort()).toEqual(['events.jsonl', 'index.bin', 'snapshot.json'])

  // Nor when the log has another beginning, or less of it, or another one altogether.
  const lines = readFileSync(log, 'utf8')
  writeFileSync(kept, lie)
  writeFileSync(log, lines.replace('"pid":4242', '"pid":4243'))
  expect((await status(home)).pid).toBe(4243)
  writeFileSync(kept, lie)
  writeFileSync(log, lines)
  truncateSync(log, lines.length - 10)
  expect((await status(home)).process).toBe('review')
})

it('an edit in the middle of a finished run is seen by a status that has a snapshot, and remembered', async () => {
  const home = makeHome()
  await record(home, RUN, longLog())
  const [log, kept] = ['events.jsonl', 'snapshot.json'].map((name) => join(home.logs, RUN, name)) as [string, string]
  await status(home)
  const before = readFileSync(kept, 'utf8')
  const { atime, mtime } = statSync(log)
  const lines = readFileSync(log, 'utf8').split('\n')
  lines[5_000] = lines[5_000]?.replace('"seq"', '"sEq"') ?? ''
  writeFileSync(log, lines.join('\n'))
  utimesSync(log, atime, new Date(mtime.getTime() + 1000))
  const { unreadable } = await status(home)
  expect(unreadable).toMatchObject([{ line: 5_001, after: 5_000, before: 5_002 }])
  // What is kept now knows of it.
  expect(readFileSync(kept, 'utf8')).not.toBe(before)
  expect((await status(home)).unreadable).toEqual(unreadable)
})

it('what is appended after the snapshot counts, as in the whole log', async () => {
  const home = makeHome()
  const entries = longLog()
  await record(home, RUN, entries)
  const log = join(home.logs, RUN, 'events.jsonl')
  const whole = readFileSync(log)
  // Everything but the last 20 entries is folded and kept, then they come.
  const cut = whole.subarray(0, lineEnd(whole, entries.length - 20)).length
  truncateSync(log, cut)
  await status(home)
  expect(existsSync(join(home.logs, RUN, 'snapshot.json'))).toBe(true)
  appendFileSync(log, whole.subarray(cut))
  const warm = await status(home)
  const other = makeHome()
  await record(other, RUN, entries)
  expect(warm).toEqual(await status(other))
})

it('a short log, and a recording that is named by its path, are left as they are', async () => {
  const home = makeHome()
  await record(home, RUN, reviewLog())
  await ramure(home, ['status'])
  expect(readdirSync(join(home.logs, RUN))).toEqual(['events.jsonl'])

  await record(home, 'calm-koala-4q7m2xk9', longLog())
  const elsewhere = join(home.root, 'recordings', 'calm')
  mkdirSync(elsewhere, { recursive: true })
  copyFileSync(join(home.logs, 'calm-koala-4q7m2xk9', 'events.jsonl'), join(elsewhere, 'events.jsonl'))
  expect((await ramure(home, ['status', elsewhere])).exit).toBe(0)
  expect(readdirSync(elsewhere)).toEqual(['events.jsonl'])
})

function lineEnd(bytes: Buffer, lines: number): number {
  let end = 0
  for (let line = 0; line < lines; line += 1) end = bytes.indexOf(10, end) + 1
  return end
}

it('a list says what a long run cost, from what was kept and what came after', async () => {
  const home = makeHome()
  const entries = longLog()
  await record(home, RUN, entries)
  const cost = async () => JSON.parse((await ramure(home, ['ls', '--all', '--json'])).stdout).data.runs[0].cost_usd
  const whole = await cost()
  expect(whole).toBeGreaterThan(0)
  const log = join(home.logs, RUN, 'events.jsonl')
  const bytes = readFileSync(log)
  const cut = lineEnd(bytes, 10_010)
  truncateSync(log, cut)
  await status(home)
  appendFileSync(log, bytes.subarray(cut))
  expect(existsSync(join(home.logs, RUN, 'snapshot.json'))).toBe(true)
  expect(await cost()).toBe(whole)
})
