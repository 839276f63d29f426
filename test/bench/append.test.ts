import { expect, test } from 'vitest'
import { run } from '../../bench/append.ts'

test('the append bench runs, and its figures are those of real entries', async () => {
  const results = await run({ small: true })
  expect(results.map(({ name }) => name)).toStrictEqual(['encode only', 'run log', 'writeSync per line', 'appendFileSync per line'])
  for (const { name, perSecond, callP50Us, callP99Us, bytesPerEntry } of results) {
    expect(perSecond).toBeGreaterThan(100)
    expect(callP99Us).toBeGreaterThanOrEqual(callP50Us)
    if (name !== 'encode only') expect(bytesPerEntry).toBeGreaterThan(250)
  }
})
