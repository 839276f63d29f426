import { expect, test } from 'vitest'
import { run } from '../../bench/fan-out.ts'

test('the bench of the fan-out delivers every message, beside a bare server', async () => {
  const rows = await run({ small: true })
  expect(rows.map(({ name, readers }) => [name, readers])).toEqual([
    ['ramure', 1],
    ['bare ws, encoded per client', 1],
    ['ramure', 3],
    ['bare ws, encoded per client', 3],
  ])
  for (const row of rows) expect(row.messagesPerSecond).toBeGreaterThan(0)
})
