import fc from 'fast-check'
import { expect, test } from 'vitest'
import { virtualClock } from '../../src/testing/virtual-clock.ts'

test('timers fire by time, then by the order in which they were set; cleared ones never', () => {
  const timers = fc.array(fc.record({ ms: fc.nat(20), isCleared: fc.boolean() }), { maxLength: 40 })
  fc.assert(
    fc.property(timers, (specs) => {
      const clock = virtualClock(1_000)
      const fired: string[] = []
      const handles = specs.map(({ ms }, nth) => clock.set(() => fired.push(`${clock.nowMs}:${nth}`), ms))
      for (const [nth, { isCleared }] of specs.entries()) if (isCleared) clock.clear(handles[nth])
      const expected = specs
        .map(({ ms, isCleared }, nth) => ({ ms, isCleared, nth }))
        .filter(({ isCleared }) => !isCleared)
        .toSorted((a, b) => a.ms - b.ms || a.nth - b.nth)
      expect(clock.armedCount).toBe(expected.length)
      while (clock.advance());
      expect(fired).toEqual(expected.map(({ ms, nth }) => `${1_000 + ms}:${nth}`))
      expect(clock.armedCount).toBe(0)
    }),
  )
})

test('a timer that is set by another one counts from there', () => {
  const clock = virtualClock(0)
  const fired: number[] = []
  clock.set(() => clock.set(() => fired.push(clock.nowMs), 5), 10)
  clock.set(() => fired.push(clock.nowMs), 12)
  while (clock.advance());
  expect(fired).toEqual([12, 15])
})

test('clearing a timer twice, or after it has fired, does nothing', () => {
  const clock = virtualClock(0)
  const fired = clock.set(() => {}, 1)
  const cleared = clock.set(() => {}, 2)
  clock.clear(cleared)
  clock.clear(cleared)
  expect(clock.advance()).toBe(true)
  clock.clear(fired)
  expect([clock.armedCount, clock.advance(), clock.nowMs]).toEqual([0, false, 1])
})
