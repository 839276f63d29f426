import { expect, test } from 'vitest'
import { bench } from '../../bench/fan-out.ts'

test('the bench of the fan-out delivers every message, beside a bare server', async () => {
  const figures = await bench.run({ small: true })
  expect(figures.map(({ name }) => name)).toEqual([
    'ramure, 1 reader',
    'ramure, 1 reader, CPU',
    'bare ws, 1 reader',
    'bare ws, 1 reader, CPU',
    'ramure, 3 readers',
    'ramure, 3 readers, CPU',
    'bare ws, 3 readers',
    'bare ws, 3 readers, CPU',
  ])
  for (const { rounds } of figures) expect(Math.min(...rounds)).toBeGreaterThan(0)
})
