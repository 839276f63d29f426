import { expect, test } from 'vitest'
import { bench } from '../../bench/dispatch.ts'

test('the bench of the dispatcher measures every case, and a tool call is one write', { timeout: 60_000 }, async () => {
  const figures = await bench.run({ small: true })
  expect(figures.map(({ name }) => name)).toEqual([
    'one turn',
    'tool call, memory',
    'tool call, JSONL',
    'rerun',
    'tool call, JSONL, writes',
  ])
  for (const { rounds } of figures) expect(Math.min(...rounds)).toBeGreaterThan(0)
  // Beside the calls the run has its start, its agent and its end.
  expect(figures.at(-1)?.rounds[0]).toBeLessThan(1.05)
})
