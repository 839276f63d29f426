import { expect, test } from 'vitest'
import { bench } from '../../bench/tail.ts'

test('the bench of following measures a busy poll, followers of either kind, the run itself and the command', {
  timeout: 60_000,
}, async () => {
  const figures = await bench.run({ small: true })
  expect(figures).toHaveLength(18)
  for (const { rounds } of figures) expect(Math.min(...rounds)).toBeGreaterThan(0)
  const names = figures.map(({ name }) => name)
  for (const { figure } of bench.promises) expect(names).toContain(figure)
})
