import { expect, test } from 'vitest'
import { run } from '../../bench/simulate.ts'

test('the bench of the simulator measures every case in one short round', async () => {
  const figures = await run({ small: true })
  expect(figures.map(({ name }) => name)).toEqual([
    'review, rerun (floor)',
    'review, recorded',
    'review, recorded and replayed',
    'review, one stall, replayed',
    '100 children, rerun (floor)',
    '100 children, recorded and replayed',
  ])
  for (const { perMinute, entries } of figures) {
    expect(perMinute).toBeGreaterThan(0)
    expect(entries).toBeGreaterThan(40)
  }
})
