import { fc, test } from '@fast-check/vitest'
import { expect } from 'vitest'
import { msOf } from '../../src/projections/moment.ts'

test.prop([fc.date({ min: new Date('0000-01-01T00:00:00.000Z'), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true })], {
  numRuns: 2_000,
})('the time of an entry is the number that Date.parse gives', (date) => {
  expect(msOf(date.toISOString())).toBe(date.getTime())
})

test.prop([
  fc.date({ min: new Date(0), max: new Date('2030-01-01'), noInvalidDate: true }),
  fc.nat({ max: 23 }),
  fc.constantFrom('9', 'x', '-', ' ', ''),
])('so is anything else that somebody may have written there', (date, at, put) => {
  const text = date.toISOString()
  const changed = text.slice(0, at) + put + text.slice(at + 1)
  expect(msOf(changed)).toBe(Date.parse(changed))
})
