import { expect, test } from 'vitest'
import { bench } from '../../bench/replay.ts'

test('the bench of the replay measures every case beside its floor, and the start-up', { timeout: 60_000 }, async () => {
  const figures = await bench.run({ small: true })
  const cases = ['floor, sequential', 'sequential', 'sequential, small memory', 'floor, 100 at a time', '100 at a time']
  const names = cases.flatMap((name) => ['', ', CPU', ', RSS'].map((ending) => `${name}, 200${ending}`))
  expect(figures.map(({ name }) => name)).toEqual([...names, 'to the first input', 'to the verdict', 'Node alone'])
  for (const { rounds } of figures) expect(Math.min(...rounds)).toBeGreaterThan(0)
  const [first, verdict, node] = figures.slice(-3).map(({ rounds }) => rounds[0] ?? Number.NaN) as [number, number, number]
  expect(first).toBeGreaterThan(node)
  expect(verdict).toBeGreaterThanOrEqual(first)
})
