import { expect, test } from 'vitest'
import { run } from '../../bench/dispatch.ts'

test('the dispatch benchmark measures every case in one short round', { timeout: 60_000 }, async () => {
  const figures = await run({ small: true })
  expect(figures.map(({ name }) => name)).toEqual(['one turn', 'tool call, memory', 'tool call, jsonl', 'rerun'])
  for (const { perSecond } of figures) expect(perSecond).toBeGreaterThan(0)
})
