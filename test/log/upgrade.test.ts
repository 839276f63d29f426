import { expect, test } from 'vitest'
import { FORMAT_VERSION } from '../../src/log/events.ts'
import { UPGRADES, upgrade } from '../../src/log/upgrade.ts'

test('a line of the current version is left as it is', () => {
  const line = { seq: 1 }
  expect(upgrade(line, FORMAT_VERSION)).toBe(line)
})

test('each step is applied once, oldest first', () => {
  const table = new Map([
    [-1, (line: object) => ({ ...line, steps: ['-1'] })],
    [0, (line: object) => ({ ...line, steps: [...(line as { steps: string[] }).steps, '0'] })],
  ])
  expect(upgrade({ seq: 1 }, -1, table)).toStrictEqual({ seq: 1, steps: ['-1', '0'] })
})

test('the table has a step for every released version below the current one', () => {
  for (let version = 1; version < FORMAT_VERSION; version += 1) expect(UPGRADES.has(version)).toBe(true)
  expect(upgrade({ seq: 1 }, 0)).toBeNull()
})
