import { fc, it as property } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { timeMap } from '../../src/export/time-map.ts'

const anyTimes = fc
  .array(fc.oneof(fc.nat({ max: 400 }), fc.nat({ max: 90_000 }), fc.nat({ max: 40_000_000 })), { minLength: 2, maxLength: 60 })
  .map((steps) => {
    let at = 1_700_000_000_000
    return steps.map((step) => (at += step))
  })

describe('the map of time', () => {
  it('draws a night short and says how long it was', () => {
    const work = Array.from({ length: 50 }, (_, index) => index * 200)
    const times = [...work, ...work.map((ms) => ms + 8 * 3_600_000)]
    const map = timeMap(times, true)
    expect(map.gaps).toEqual([{ fromMs: 9_800, toMs: 8 * 3_600_000, after: 49 }])
    expect(map.length).toBeLessThan(25_000)
    expect(timeMap(times, false)).toMatchObject({ gaps: [], length: 8 * 3_600_000 + 9_800 })
  })

  it('draws a long wait short in a run in which no other time passes', () => {
    const times = [...Array.from({ length: 20 }, () => 5), 7_200_005]
    const map = timeMap(times, true)
    expect(map.gaps).toEqual([{ fromMs: 5, toMs: 7_200_005, after: 19 }])
    expect(map.length).toBeLessThan(10)
  })

  it('leaves a run alone whose entries come evenly, however slowly', () => {
    expect(
      timeMap(
        Array.from({ length: 40 }, (_, index) => index * 60_000),
        true,
      ).gaps,
    ).toEqual([])
  })

  it('has a length for a run without or with one entry', () => {
    expect([timeMap([], true).length, timeMap([7], true).length]).toEqual([1, 1])
  })

  property.prop([anyTimes, fc.boolean()])('keeps the order of times, and leads back to each', (times, compress) => {
    const map = timeMap(times, compress)
    const places = times.map(map.placeOf)
    expect(places.toSorted((a, b) => a - b)).toEqual(places)
    expect(Math.max(...places)).toBeLessThanOrEqual(map.length + 1e-6)
    for (const time of times) expect(Math.abs(map.timeAt(map.placeOf(time)) - time)).toBeLessThan(0.01)
  })

  property.prop([anyTimes])('never makes a run longer', (times) => {
    expect(timeMap(times, true).length).toBeLessThanOrEqual(timeMap(times, false).length + 1)
  })
})
