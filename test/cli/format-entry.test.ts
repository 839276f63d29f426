import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { entryFormatter, formatEntry } from '../../src/cli/format-entry.ts'
import { displayWidth } from '../../src/cli/text.ts'
import { type Entry, EVENT_TYPES } from '../../src/log/events.ts'
import { anyLog } from '../projections/arbitrary.ts'
import { reviewLog } from '../projections/review-log.ts'

const lines = (width: number | null, colour = false) => {
  const format = entryFormatter({ width, colour })
  return `${reviewLog()
    .map((entry) => format(entry))
    .join('\n')}\n`
}

const withText = (text: string): Entry => ({
  seq: 7,
  time: '2026-11-21T09:40:00.000Z',
  type: 'tool_call',
  by: 'world',
  scope: '/p#0',
  agent: text,
  data: { call_id: '1', tool: text, params: { [text]: text, list: [text] } },
})

describe('an entry as a line', () => {
  it.for([60, 80, 120])('fills %i columns', async (width) => {
    await expect(lines(width)).toMatchFileSnapshot(`golden/entries-${width}.txt`)
  })

  it('is not cut where there is no terminal', async () => {
    await expect(lines(null)).toMatchFileSnapshot('golden/entries-piped.txt')
  })

  it('says the same in colour', async () => {
    await expect(lines(80, true)).toMatchFileSnapshot('golden/entries-80-colour.txt')
    expect(lines(80, true).replace(/\u001b\[\d+m/g, '')).toBe(lines(80))
  })

  test.prop([anyLog, fc.integer({ min: 50, max: 160 })])('never takes more room than there is, whatever the log says', (log, width) => {
    const format = entryFormatter({ width })
    for (const entry of log) expect(displayWidth(format(entry))).toBeLessThanOrEqual(width)
  })

  test.prop([fc.string({ unit: 'binary' }), fc.constantFrom(null, 60, 120)])(
    'carries no control characters out of a log',
    (text, width) => {
      const line = formatEntry(withText(`${text}\u001b]0;owned\u0007\u001b[2J\r\n\u202e`), { width })
      expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/)
    },
  )

  test.prop([fc.constantFrom(...EVENT_TYPES), fc.jsonValue()])('is made of any data, also of what does not fit its type', (type, data) => {
    const entry = { seq: 1, time: 'never', type, by: 'world', scope: '/', data } as unknown as Entry
    expect(formatEntry(entry)).toContain('#1')
    expect(entryFormatter({ width: 80 })(entry)).toContain('#1')
  })

  it('is made quickly of texts of a megabyte, and says how much it left out', () => {
    const entry = { ...withText('a'), data: { call_id: '1', tool: 't', params: { code: 'x'.repeat(1_000_000) } } } as Entry
    const startedAt = performance.now()
    const line = formatEntry(entry, { width: 100 })
    expect(performance.now() - startedAt).toBeLessThan(50)
    expect(displayWidth(line)).toBeLessThanOrEqual(100)
    expect(formatEntry(entry)).toMatch(/xx…" \+999\.\d kB \}$/)
  })

  it('of an unknown type is shown with its data', () => {
    const entry = {
      seq: 1,
      time: '2026-11-21T09:40:00.000Z',
      type: 'from_the_future',
      by: 'world',
      scope: '/p#0',
      data: { x: 1 },
    } as unknown as Entry
    expect(formatEntry(entry)).toBe('   #1 09:40:00 p          ? from_the_future { x: 1 }'.replace('from_the_future', 'from_the_fu…'))
  })

  it('shows the clock of the zone it was asked for, or the time since the start', () => {
    const [entry] = reviewLog() as [Entry]
    expect(formatEntry(entry, { timeZone: 'Asia/Tokyo' })).toContain('18:40:00')
    expect(formatEntry(reviewLog()[16] as Entry, { since: entry.time })).toContain(' 15.52 ')
  })
})
