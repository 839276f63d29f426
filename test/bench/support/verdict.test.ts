import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import type { Figure, Promised } from '../../../bench/support/bench.ts'
import { digits, figureText, middle, quantile, ratios } from '../../../bench/support/figures.ts'
import { judge } from '../../../bench/support/verdict.ts'

const FIGURES: readonly Figure[] = [
  { name: 'ours', unit: 'per second', rounds: [20_000, 10_000, 30_000], floor: 'floor' },
  { name: 'floor', unit: 'per second', rounds: [40_000, 10_000, 90_000] },
  { name: 'alone', unit: 'us', rounds: [5, 6, 7], floor: 'nobody measured it' },
]

function verdictOf(promised: Omit<Promised, 'what'>, small = false) {
  return judge([{ what: 'it', ...promised }], FIGURES, small)[0]
}

describe('a promise', () => {
  test('is met when every bound holds, by the medians', () => {
    expect(verdictOf({ figure: 'ours', atLeast: 20_000, timesFloorAtLeast: 0.5 })).toEqual({
      what: 'it',
      figure: '20 k/s',
      floor: '40 k/s',
      ratio: '0.50',
      target: '≥ 20 k/s, ≥ 0.50 × floor',
      verdict: 'met',
    })
  })

  test.for([
    [{ figure: 'ours', atLeast: 20_001 }],
    [{ figure: 'ours', atMost: 19_999 }],
    [{ figure: 'ours', atLeast: 1, timesFloorAtLeast: 0.51 }],
    [{ figure: 'ours', timesFloorAtMost: 0.49 }],
  ] as const)('is not met when one bound does not hold: %j', ([promised]) => {
    expect(verdictOf(promised)).toMatchObject({ verdict: 'not met' })
  })

  test('over a floor that was not measured is not met', () => {
    expect(verdictOf({ figure: 'alone', atMost: 10, timesFloorAtMost: 10 })).toMatchObject({ ratio: '—', verdict: 'not met' })
  })

  test('about something nobody measured says so, and why', () => {
    expect(verdictOf({ figure: 'gone', atMost: 1 })).toMatchObject({ verdict: 'not measured', why: 'this run did not measure it' })
    expect(verdictOf({ figure: 'ours', atLeast: 1, notMeasured: 'needs a machine of its own' })).toMatchObject({
      figure: '—',
      verdict: 'not measured',
      why: 'needs a machine of its own',
    })
  })

  test('is never kept by a short round', () => {
    expect(verdictOf({ figure: 'ours', atLeast: 1 }, true)).toMatchObject({ verdict: 'not measured', figure: '20 k/s' })
  })
})

describe('figures', () => {
  test('are divided by their floor round by round, not median by median', () => {
    expect(ratios(FIGURES[0] as Figure, FIGURES)).toEqual([0.5, 1, 1 / 3])
    expect(ratios(FIGURES[1] as Figure, FIGURES)).toBeNull()
  })

  test.for([
    [31_240, 'per second', '31.2 k/s'],
    [9_994, 'per second', '9994/s'],
    [1_310_000, 'per second', '1.31 M/s'],
    [999_600, 'per second', '1.00 M/s'],
    [0.2213, 'us', '0.22 us'],
    [16_114, 'us', '16.1 ms'],
    [96, 'MB', '96 MB'],
    [Number.NaN, 'ms', '—'],
  ] as const)('%d %s reads %s', ([value, unit, text]) => {
    expect(figureText(value, unit)).toBe(text)
  })

  test('of any size take three digits or fewer to the right', () => {
    expect([0.004, 1.006, 9.99, 10.04, 99.94, 123.4].map(digits)).toEqual(['0.00', '1.01', '9.99', '10.0', '99.9', '123'])
  })

  property.prop([fc.array(fc.double({ noNaN: true }), { minLength: 1 })])(
    'the median is one of them, and half lie on each side',
    (numbers) => {
      const median = middle(numbers)
      expect(numbers.filter((n) => n < median).length).toBeLessThanOrEqual(numbers.length / 2)
      expect(numbers.filter((n) => n > median).length).toBeLessThanOrEqual(numbers.length / 2)
      expect(quantile(numbers, 0.5)).toBe(median)
    },
  )
})
