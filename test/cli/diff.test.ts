/** `ramure diff`: two recorded runs side by side. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Draft, Entry } from '../../src/log/events.ts'
import { reviewLog } from '../projections/review-log.ts'
import { type Home, makeHome, openRun, ramure, record } from './home.ts'

const ONE = 'brisk-otter-4q7m2xk9'
const OTHER = 'quiet-heron-33333333'
const GONE = 'gray-finch-0k2m4n6p'
const LIVE = 'eager-raven-33333333'

/** The same review, but the reviewer rejects: later, dearer, and without an end of its own. */
function rejected(): Entry[] {
  return reviewLog()
    .filter(({ seq }) => seq !== 34)
    .map((entry, index): Entry => {
      const at = { seq: index + 1, time: new Date(Date.parse(entry.time) + (entry.seq > 32 ? 5700 : 0)).toISOString() }
      if (entry.type === 'tool_call' && entry.data.tool === 'approve') {
        return { ...entry, ...at, data: { ...entry.data, tool: 'reject', params: { why: '15 prints Fizz' } } }
      }
      if (entry.type === 'usage' && entry.agent === 'builder')
        return { ...entry, ...at, data: { ...entry.data, total_tokens: 70_000, cost: 1.5 } }
      if (entry.type === 'process_done')
        return { ...entry, ...at, type: 'process_failed', data: { error: { name: 'Error', message: 'no' } } }
      if (entry.type === 'run_ended')
        return { ...entry, ...at, data: { outcome: 'failed', error: { name: 'Error', message: 'no' }, duration_ms: 23_700 } }
      return { ...entry, ...at }
    })
}

async function homeWithRuns(): Promise<Home> {
  const home = makeHome()
  await record(home, ONE, reviewLog())
  await record(home, OTHER, rejected())
  await record(home, GONE, reviewLog(30))
  return home
}

describe('ramure diff', () => {
  it.for([60, 80, 120])('fills %i columns', async (width) => {
    const home = await homeWithRuns()
    const texts = []
    for (const other of ['quiet', 'gray', 'brisk']) texts.push((await ramure(home, ['diff', 'brisk', other], { width })).stdout)
    await expect(texts.join('\n')).toMatchFileSnapshot(`golden/diff-${width}.txt`)
  })

  it('says the same in colour and through a pipe', async () => {
    const home = await homeWithRuns()
    await expect((await ramure(home, ['diff', 'brisk', 'quiet'], { width: 80, colour: true })).stdout).toMatchFileSnapshot(
      'golden/diff-80-colour.txt',
    )
    await expect((await ramure(home, ['diff', 'brisk', 'quiet'])).stdout).toMatchFileSnapshot('golden/diff-piped.txt')
  })

  it('ends with 4 when they differ, also in their end alone, and with 0 when they do not', async () => {
    const home = await homeWithRuns()
    const exits = []
    for (const other of ['quiet', 'gray', 'brisk', `${home.logs}/${ONE}`]) exits.push((await ramure(home, ['diff', 'brisk', other])).exit)
    expect(exits).toEqual([4, 4, 0, 0])
    expect((await ramure(home, ['diff', 'brisk', 'nobody'])).exit).toBe(3)
    expect((await ramure(home, ['diff', 'brisk'])).exit).toBe(2)
  })

  it('says that a run goes on', async () => {
    const home = await homeWithRuns()
    const log = openRun(home, LIVE)
    for (const { seq: _seq, time: _time, ...draft } of reviewLog(20)) log.append(draft as Draft)
    log.flush()
    const said = await ramure(home, ['diff', 'brisk', 'eager'])
    await log.close()
    expect(said.stdout).toContain('\n  eager-raven goes on: this is how far it has come\n')
    expect(said.exit).toBe(4)
  })

  it('cannot tell with a damaged log, and ends with 8, whether what can be read is the same or not', async () => {
    const home = await homeWithRuns()
    for (const seq of [20, 18]) {
      const file = join(home.logs, GONE, 'events.jsonl')
      writeFileSync(file, readFileSync(join(home.logs, ONE, 'events.jsonl'), 'utf8').replace(`{"seq":${seq},`, `{"seq":${seq} `))
      const said = await ramure(home, ['diff', 'brisk', 'gray'])
      expect(said.exit).toBe(8)
      expect(said.stdout).toContain(
        seq === 20 ? '✗ brisk-otter and gray-finch differ' : '? brisk-otter and gray-finch did the same, as far as',
      )
      expect(said.stdout).toContain('gray-finch is damaged: what stood in 1 stretch of its log is not compared')
    }
  })

  it('does not mind in which order agents leave', async () => {
    const home = await homeWithRuns()
    const [shutdownBuilder, builderLeft, shutdownReviewer, reviewerLeft] = reviewLog().slice(-6, -2) as [Entry, Entry, Entry, Entry]
    const ends = (order: readonly Entry[]) =>
      [...reviewLog(35), ...order, ...reviewLog().slice(-2)].map((entry, index) => ({ ...entry, seq: index + 1 }))
    await record(home, 'calm-crane-33333333', ends([shutdownBuilder, shutdownReviewer, builderLeft, reviewerLeft]))
    await record(home, 'calm-egret-33333333', ends([shutdownBuilder, shutdownReviewer, reviewerLeft, builderLeft]))
    await record(home, 'calm-heron-33333333', ends([shutdownReviewer, shutdownBuilder, reviewerLeft, builderLeft]))
    expect((await ramure(home, ['diff', 'calm-crane', 'calm-egret'])).exit).toBe(0)
    expect((await ramure(home, ['diff', 'calm-crane', 'calm-heron'])).exit).toBe(4)
  })

  it('gives everything as data', async () => {
    const said = await ramure(await homeWithRuns(), ['diff', 'brisk', 'quiet', '--json', '-n', '1'])
    const { data } = JSON.parse(said.stdout)
    expect([said.exit, said.stderr]).toEqual([4, ''])
    expect(data).toMatchObject({
      same: false,
      a: { run: ONE, outcome: 'completed', tokens: 65_300, cost_usd: 0.92 },
      b: { run: OTHER, outcome: 'failed', tokens: 74_100, cost_usd: 1.5 },
      counts: { changed: 1, reordered: 0, only_a: 2, only_b: 1 },
      first: { kind: 'changed', a: { seq: 33 }, b: { seq: 33 } },
      deltas: { duration_ms: 5700, tokens: 8800, events: -1 },
    })
    expect(data.deltas.cost_usd).toBeCloseTo(0.58)
    expect([data.differences.length, data.shown.length]).toEqual([4, 1])
  })

  it('names commands that work', async () => {
    const home = await homeWithRuns()
    const { stdout } = await ramure(home, ['diff', 'brisk', 'quiet'])
    const commands = stdout.split('\n').filter((line) => line.startsWith('   ramure '))
    expect(commands).toHaveLength(2)
    for (const command of commands) expect((await ramure(home, command.trim().split(' ').slice(1))).exit).toBe(0)
  })
})
