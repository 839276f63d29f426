import { expect, test } from 'vitest'
import { killRuntimes } from './kill-runtime.ts'

test('L1 a runtime killed under load loses nothing that was acknowledged, and doctor --fix leaves only its log', {
  timeout: 60_000,
}, async () => {
  const { begun, acknowledged, terminals } = await killRuntimes(5)
  expect(begun).toBeGreaterThan(0)
  expect(acknowledged).toBeGreaterThan(0)
  expect(terminals).toBeGreaterThan(0)
})
