import { expect, test } from 'vitest'
import { bench } from '../../bench/status.ts'

test('the bench of looking at a run measures each command beside itself over a short run', { timeout: 60_000 }, async () => {
  const figures = await bench.run({ small: true })
  expect(figures).toHaveLength(8)
  for (const { rounds } of figures) expect(Math.min(...rounds)).toBeGreaterThan(0)
  const names = figures.map(({ name }) => name)
  for (const { figure } of bench.promises) expect(names).toContain(figure)
})
