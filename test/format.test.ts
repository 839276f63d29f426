import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { EVENT_TYPES } from '../src/log/events.ts'

test('docs/format.md names every type of entry', () => {
  const text = readFileSync(new URL('../docs/format.md', import.meta.url), 'utf8')
  expect(EVENT_TYPES.filter((type) => !text.includes(`\`${type}\``))).toEqual([])
})
