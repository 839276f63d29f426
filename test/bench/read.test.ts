import { expect, test } from 'vitest'
import { bench } from '../../bench/read.ts'

test('the bench of reading measures every case in a process of its own, and what it promises', { timeout: 60_000 }, async () => {
  const figures = await bench.run({ small: true })
  expect(figures).toHaveLength(17)
  for (const { rounds } of figures) expect(Math.min(...rounds)).toBeGreaterThan(0)
  const names = figures.map(({ name }) => name)
  for (const { figure } of bench.promises) expect(names).toContain(figure)
})
