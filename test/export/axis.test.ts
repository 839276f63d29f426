import { fc, it as property } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { axis, axisFor, unfold } from '../../src/export/axis.ts'

const anyTimes = fc
  .array(fc.oneof(fc.constant(0), fc.nat({ max: 3 }), fc.nat({ max: 90_000 }), fc.nat({ max: 40_000_000 })), {
    minLength: 1,
    maxLength: 60,
  })
  .map((steps) => {
    let at = 1_700_000_000_000
    return steps.map((step) => (at += step))
  })
const anyKind = fc.constantFrom('time' as const, 'order' as const)

describe('an axis', () => {
  it('by order gives each entry the same room, whatever the clock says', () => {
    const places = [0, 1, 2, 3].map(axis([7, 7, 7, 500], 'order', true).placeOf)
    expect(places).toEqual([0, 1, 2, 3])
  })

  it('by order breaks where nothing was recorded for long', () => {
    const times = [
      ...Array.from({ length: 20 }, (_, index) => index * 10),
      ...Array.from({ length: 20 }, (_, index) => 9_000_000 + index * 10),
    ]
    const [gap] = axis(times, 'order', true).gaps
    expect(gap).toMatchObject({ fromMs: 190, toMs: 9_000_000, after: 19, from: 19 })
    expect((gap?.to ?? 0) - (gap?.from ?? 0)).toBeGreaterThan(1.5)
  })

  it('by time unfolds what happened within one millisecond, in its order', () => {
    const { placeOf } = axis([0, 0, 0, 0, 10], 'time', false)
    expect([0, 1, 2, 3, 4].map(placeOf)).toEqual([0, 0.25, 0.5, 0.75, 10])
    expect(unfold([5, 4, 6])).toEqual([5, 5.5, 6])
  })

  it('is one by order for a run in which hardly any time passes, and one by time for any other', () => {
    const simulated = Array.from({ length: 46 }, (_, index) => (index < 40 ? 0 : 7_200_000))
    expect(axisFor(simulated)).toBe('order')
    expect(axisFor(Array.from({ length: 46 }, (_, index) => Math.floor(index / 3) * 4))).toBe('time')
    expect([axisFor([]), axisFor([5]), axisFor([5, 5, 5])]).toEqual(['time', 'time', 'time'])
  })

  it('of a run without or with one entry has a length', () => {
    for (const by of ['time', 'order'] as const) {
      for (const times of [[], [7]]) {
        const only = axis(times, by, true)
        expect(only.length).toBe(1)
        expect(Number.isFinite(only.placeOf(-1) + only.placeOf(3) + only.positionAt(-1) + only.positionAt(9))).toBe(true)
      }
    }
  })

  property.prop([anyTimes, anyKind, fc.boolean()])(
    'has every entry at a place of its own, in order, and leads back',
    (times, by, compress) => {
      const { placeOf, positionAt, length } = axis(times, by, compress)
      const places = times.map((_, index) => placeOf(index))
      for (const [index, place] of places.entries()) {
        if (index > 0) expect(place).toBeGreaterThan(places[index - 1] ?? 0)
        expect(Math.abs(positionAt(place) - index)).toBeLessThan(1e-3)
      }
      expect(places.at(-1)).toBeLessThanOrEqual(length + 1e-6)
    },
  )

  property.prop([anyTimes, anyKind, fc.double({ min: -2, max: 65, noNaN: true }), fc.double({ min: 0, max: 5, noNaN: true })])(
    'never leads back in either direction',
    (times, by, position, more) => {
      const { placeOf, positionAt } = axis(times, by, true)
      expect(placeOf(position + more)).toBeGreaterThanOrEqual(placeOf(position) - 1e-6)
      expect(positionAt(placeOf(position) + more)).toBeGreaterThanOrEqual(positionAt(placeOf(position)) - 1e-6)
    },
  )
})
