import { expect, test } from 'vitest'
import { bench } from '../../bench/simulate.ts'

test('the bench of the simulator measures every case in one short round', async () => {
  const figures = await bench.run({ small: true })
  expect(figures.map(({ name }) => name)).toEqual([
    'review, rerun (floor)',
    'review, recorded',
    'review, recorded and replayed',
    'review, one stall, replayed',
    'property of review, every fault',
    '100 children, rerun (floor)',
    '100 children, recorded and replayed',
  ])
  for (const { rounds } of figures) expect(Math.min(...rounds)).toBeGreaterThan(0)
})
