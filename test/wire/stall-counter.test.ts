import { expect, test } from 'vitest'
import { stallCounter } from '../../src/wire/stall-counter.ts'

/** A counter over a queue that the test fills and takes from. */
function counted() {
  let [queued, taken] = [0, 0]
  const stalls = stallCounter({ queuedBytes: () => queued, takenBytes: () => taken })
  return {
    stalls,
    fill: (bytes: number) => void (queued += bytes),
    take(bytes: number) {
      queued -= bytes
      taken += bytes
    },
  }
}

test('a client for which nothing waits never stalls', () => {
  const it = counted()
  expect([it.stalls(), it.stalls(), it.stalls()]).toEqual([0, 0, 0])
})

test('a client that takes nothing stalls longer and longer, whatever more is queued', () => {
  const it = counted()
  it.fill(10)
  expect([it.stalls(), it.stalls()]).toEqual([1, 2])
  it.fill(10)
  expect(it.stalls()).toBe(3)
})

test('a single byte taken shows that it reads', () => {
  const it = counted()
  it.fill(10)
  expect([it.stalls(), it.stalls()]).toEqual([1, 2])
  it.take(1)
  expect([it.stalls(), it.stalls()]).toEqual([0, 1])
})
