import { expect, it } from 'vitest'
import { costText, sinceText, spanText, stepOf, tokensText } from '../../src/export/units.ts'
import { visible } from '../../src/export/visible.ts'

it('times are as exact as their step', () => {
  expect([1, 10, 100, 1000].map((step) => sinceText(64_257, step))).toEqual(['1:04.257', '1:04.26', '1:04.3', '1:04'])
  expect([sinceText(0, 1), sinceText(7_230_000, 1000), sinceText(-1500, 1000), sinceText(59_999, 10)]).toEqual([
    '0:00.000',
    '2:00:30',
    '-0:02',
    '1:00.00',
  ])
})

it('steps are round', () => {
  expect([0.3, 3, 700, 1001, 61_000, 4e7].map(stepOf)).toEqual([1, 5, 1000, 2000, 120_000, 43_200_000])
})

it('what is unknown is not 0', () => {
  expect([costText(null), costText(null, 2), costText(0), costText(4_200_000), costText(920_000_000, 1)]).toEqual([
    '—',
    '2 unpriced',
    '$0.00',
    '$0.0042',
    '$0.92 + 1 unpriced',
  ])
  expect([tokensText(null), tokensText(0), tokensText(61_240), tokensText(1_300_000)]).toEqual(['—', '0', '61.2k', '1.3M'])
  expect([spanText(null), spanText(41), spanText(14_200), spanText(724_000), spanText(11_100_000), spanText(187_200_000)]).toEqual([
    '—',
    '41 ms',
    '14.2 s',
    '12m04s',
    '3h05m',
    '2d04h',
  ])
})

it('characters that hide or turn the text around are written out', () => {
  expect(visible('a\u202eb\u0000c\u{e0041}d\ud800')).toBe('a\\u202eb\\u0000c\\ue0041d�')
  expect(visible('tab\tline\nemoji 🦦 العربية')).toBe('tab\tline\nemoji 🦦 العربية')
})
