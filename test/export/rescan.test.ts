import { expect, it } from 'vitest'
import { rescan } from '../../src/export/rescan.ts'
import type { Entry, Json } from '../../src/log/events.ts'
import { redactor } from '../../src/log/redact.ts'
import { reviewLog } from '../projections/review-log.ts'

const [start] = reviewLog(1) as [Entry]
const emitted = (data: Json): Entry => ({ ...start, type: 'emit', data: { event: 'e', data } }) as Entry

it('counts what was masked when it was written, and masks what it finds now', () => {
  const look = rescan(redactor({ API_TOKEN: 'correct-horse-battery' }))
  expect(look.look(emitted('‹masked:API_TOKEN› and ‹masked:jwt›')).dataText).toContain('‹masked:jwt›')
  expect(look.secrets).toEqual({ masked: 2, found: 0 })
  const { entry, dataText } = look.look(emitted(['correct-horse-battery', `sk-ant-${'x'.repeat(30)}`]))
  expect(dataText).toBe('{"event":"e","data":["‹masked:API_TOKEN›","‹masked:anthropic_key›"]}')
  expect(JSON.stringify(entry.data)).toBe(dataText)
  expect(look.secrets).toEqual({ masked: 2, found: 2 })
})

it('leaves an entry alone that holds nothing', () => {
  const entry = emitted({ a: 'plain' })
  expect(rescan(redactor({})).look(entry).entry).toBe(entry)
})
