import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { momentOf } from '../../src/cli/when.ts'

const NOON = Date.parse('2026-11-21T11:00:00.500Z')
const iso = (text: string, timeZone: string, ms = NOON) => new Date(momentOf('since', text, { ms, timeZone })).toISOString()

describe('a moment', () => {
  it.for([
    ['5m', 'UTC', '2026-11-21T10:55:00.500Z'],
    ['1d', 'UTC', '2026-11-20T11:00:00.500Z'],
    ['today', 'UTC', '2026-11-21T00:00:00.000Z'],
    ['yesterday', 'UTC', '2026-11-20T00:00:00.000Z'],
    ['yesterday', 'Europe/Berlin', '2026-11-19T23:00:00.000Z'],
    ['yesterday', 'America/Los_Angeles', '2026-11-20T08:00:00.000Z'],
    ['today', 'Asia/Kolkata', '2026-11-20T18:30:00.000Z'],
    ['03:12', 'Europe/Berlin', '2026-11-21T02:12:00.000Z'],
    ['23:59:30', 'Europe/Berlin', '2026-11-20T22:59:30.000Z'],
    ['2026-11-20', 'Europe/Berlin', '2026-11-19T23:00:00.000Z'],
    ['2026-11-20 03:12', 'Europe/Berlin', '2026-11-20T02:12:00.000Z'],
    ['2026-11-20T03:12:40Z', 'Europe/Berlin', '2026-11-20T03:12:40.000Z'],
    ['2026-11-20T03:12:40+09:00', 'UTC', '2026-11-19T18:12:40.000Z'],
  ] as const)('%s in %s is %s', ([text, timeZone, expected]) => {
    expect(iso(text, timeZone)).toBe(expected)
  })

  it('is the midnight of a day that clocks were changed on', () => {
    // On 25 October 2026 Berlin has 25 hours, on 29 March 23.
    expect(iso('today', 'Europe/Berlin', Date.parse('2026-10-25T20:00:00Z'))).toBe('2026-10-24T22:00:00.000Z')
    expect(iso('yesterday', 'Europe/Berlin', Date.parse('2026-03-30T08:00:00Z'))).toBe('2026-03-28T23:00:00.000Z')
  })

  it.for(['soon', '', '25:00', '2026-13-40', '2026-11-20Tx', '5', '12', 'now', '99999', '9999-1', '2026-11', '2026-11-21 noon'])(
    'is not %j, and that says what is',
    (text) => {
      expect(() => iso(text, 'UTC')).toThrow(expect.objectContaining({ code: 'ERR_USAGE', hint: expect.stringContaining('yesterday') }))
    },
  )

  const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/St_Johns', 'Asia/Kathmandu', 'Pacific/Apia')
  test.prop([fc.date({ min: new Date('2000-01-01'), max: new Date('2040-01-01'), noInvalidDate: true }), zones])(
    'of a clock is never in the future and less than a day and an hour ago',
    (date, timeZone) => {
      const ms = date.getTime()
      const at = momentOf('since', '13:30', { ms, timeZone })
      expect(ms - at).toBeGreaterThanOrEqual(0)
      expect(ms - at).toBeLessThan(25 * 3_600_000)
    },
  )
})
