import { expect, test } from 'vitest'
import { run } from '../../bench/replay.ts'

test('the bench of the replay measures every case beside its floor, and the start-up', { timeout: 60_000 }, async () => {
  const { figures, startUp } = await run({ small: true })
  expect(figures.map(({ name }) => name)).toEqual([
    'floor, sequential',
    'sequential',
    'sequential, small memory',
    'floor, 100 at a time',
    '100 at a time',
  ])
  for (const { wallMs, rssMb, outputsPerSecond } of figures) {
    expect(Math.min(wallMs, rssMb, outputsPerSecond)).toBeGreaterThan(0)
  }
  expect(startUp.firstInputMs).toBeGreaterThan(startUp.nodeAloneMs)
  expect(startUp.verdictMs).toBeGreaterThanOrEqual(startUp.firstInputMs)
})
