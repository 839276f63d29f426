import { expect, test } from 'vitest'
import { bench } from '../../bench/export.ts'

test('the bench of the exports measures every format beside the floor', { timeout: 60_000 }, async () => {
  const figures = await bench.run({ small: true })
  const formats = ['html', 'perfetto', 'otlp', 'bundle']
  expect(figures.map(({ name }) => name)).toEqual([
    'parse, wall',
    'parse, memory',
    ...formats.flatMap((name) => [`${name}, wall`, `${name}, memory`, `${name}, size`]),
  ])
  for (const { rounds } of figures) expect(Math.min(...rounds)).toBeGreaterThan(0)
  for (const { figure } of bench.promises) expect(figures.map(({ name }) => name)).toContain(figure)
})
