import { it as property } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { type Lanes, lanes, TRACKS_MAX, type Track } from '../../src/export/lanes.ts'
import type { Row } from '../../src/export/row.ts'
import type { Entry } from '../../src/log/events.ts'
import { anyLog } from '../projections/arbitrary.ts'
import { reviewLog } from '../projections/review-log.ts'
import { rowsOf } from './rows.ts'

function draw(log: readonly Entry[]): Lanes {
  const picture = lanes()
  for (const row of rowsOf(log)) picture.add(row)
  return picture
}

describe('lanes', () => {
  it('follow the tree of processes, agents of a process before its children', () => {
    const names = draw(reviewLog())
      .ordered()
      .map((lane) => `${'  '.repeat(lane.depth)}${lane.kind} ${lane.name}`)
    expect(names).toEqual([
      'run run',
      '  process review',
      '    agent builder',
      '    agent reviewer',
      '    process e2e',
      '      agent tester',
    ])
  })

  it('have bars for calls, bands for turns and an end that says how it went', () => {
    const picture = draw(reviewLog())
    const builder = picture.byKey.get('agent builder')
    expect(builder?.calls.map((track) => track.label)).toEqual([['pi_tool_start', 'tool_call', 'tool_call']])
    expect(builder?.calls[0]?.ok).toEqual([true, false, true])
    expect(builder?.turns.from).toHaveLength(1)
    expect(picture.byKey.get('process /review#0/e2e#0')).toMatchObject({ ok: false })
    expect(picture.byKey.get('process /review#0')).toMatchObject({ ok: true })
  })

  it('are joined by arrows, from who sent a message to when it was taken up', () => {
    const arrows = draw(reviewLog()).arrows.map(({ from, to, sentAt, takenAt }) => [from.name, to.name, takenAt - sentAt])
    expect(arrows).toEqual([
      ['review', 'builder', 1],
      ['builder', 'reviewer', Number.POSITIVE_INFINITY],
    ])
  })

  it('of a run that was cut off stay open', () => {
    const picture = draw(reviewLog(24))
    expect(picture.byKey.get('agent builder')?.to).toBe(Number.POSITIVE_INFINITY)
    expect(picture.byKey.get('agent builder')?.calls[0]?.to.at(-1)).toBe(Number.POSITIVE_INFINITY)
  })

  it('hold a bounded number of calls at once', () => {
    const [start] = rowsOf(reviewLog(1)) as [Row]
    const picture = lanes()
    for (let seq = 1; seq <= TRACKS_MAX + 5; seq += 1) picture.add({ ...start, seq, opens: 'effect' })
    expect(picture.ordered()[0]?.calls).toHaveLength(TRACKS_MAX)
  })

  property.prop([anyLog])('never hold bars that overlap, whatever happens in a run', (log) => {
    for (const lane of draw(log).ordered()) for (const track of [lane.turns, ...lane.calls]) expect(overlaps(track)).toEqual([])
  })

  property.prop([anyLog])('know every lane once, each below its parent', (log) => {
    const picture = draw(log)
    const order = picture.ordered()
    expect(new Set(order).size).toBe(picture.byKey.size)
    for (const [index, lane] of order.entries()) if (lane.parent) expect(order.indexOf(lane.parent)).toBeLessThan(index)
  })
})

function overlaps(track: Track): number[] {
  return track.from.filter((from, index) => index > 0 && from < (track.to[index - 1] ?? 0))
}
