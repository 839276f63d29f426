import { fc } from '@fast-check/vitest'
import type { Entry, Json } from '../../src/log/events.ts'

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const number = fc.oneof(fc.nat(), fc.integer({ min: 2 ** 31 - 2, max: 2 ** 33 }), fc.maxSafeNat())
const times = ['2026-11-21T09:00:00.000Z', '2026-11-21T09:00:00.001Z', '+010000-01-01T00:00:00.000Z', '2026-11-21T09:00:00Z']

const usual = fc.record({ type: fc.constant('tool_call'), by: fc.constant('world'), scope: fc.constant('/a#0'), agent: fc.constant('x') })
const unusual = fc.record({
  type: fc.constantFrom('emit', 'tool_call'),
  by: fc.constantFrom('world', 'program'),
  scope: fc.oneof(fc.constantFrom('/a#0', '/b#1'), fc.string({ unit: 'grapheme' })),
  agent: optional(fc.constantFrom('x', 'y', 'ü"')),
})
const own = fc.record({
  seq: number,
  time: fc.constantFrom(...times),
  aseq: optional(number),
  cause: optional(number),
  source: fc.option(fc.string(), { nil: undefined, freq: 3 }),
  id: fc.option(fc.string({ unit: 'binary' }), { nil: undefined, freq: 3 }),
})

/** Entries that mostly have the same type, scope and agent, and now and then something that has to be escaped. */
export const anyEntry: fc.Arbitrary<Entry> = fc
  .tuple(own, fc.oneof({ weight: 3, arbitrary: usual }, { weight: 1, arbitrary: unusual }))
  .map(([{ seq, time, ...numbers }, shared]) => {
    const given = Object.entries({ seq, time, ...shared, ...numbers }).filter(([, value]) => value !== undefined)
    return Object.fromEntries([...given, ['data', null]]) as unknown as Entry
  })

/** Texts of data: short and long, with and without letters outside of Latin-1. */
export const anyDataText: fc.Arbitrary<string> = fc
  .tuple(
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('', '', '', 'é'.repeat(700), 'ab'.repeat(900), '→ab'.repeat(600), '🦦é'.repeat(9000)),
  )
  .map(([text, more]): Json => text + more)
  .map((data) => JSON.stringify(data))
