import { expect, test } from 'vitest'
import { run } from '../../bench/wire.ts'

test('the bench of the wire measures a call and the echo beside it, with one and with 64 in flight', async () => {
  const rows = await run({ small: true })
  expect(rows.map(({ name, inFlight }) => [name, inFlight])).toEqual([
    ['tool call (ramure)', 1],
    ['bare ws echo', 1],
    ['tool call (ramure)', 64],
    ['bare ws echo', 64],
  ])
  for (const row of rows) {
    expect(row.callsPerSecond).toBeGreaterThan(0)
    expect(row.p99Us).toBeGreaterThanOrEqual(row.p50Us)
  }
})
