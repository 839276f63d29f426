import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { encodeEntry, headEncoder } from '../../src/log/codec.ts'
import type { Draft, Entry, Json } from '../../src/log/events.ts'
import { toJson } from '../../src/log/json.ts'
import { placed } from '../../src/log/place.ts'
import { recorded } from '../../src/log/recorded.ts'
import { redactor } from '../../src/log/redact.ts'
import { emitted } from './entries.ts'

const nothing = redactor({})

property.prop([fc.anything({ withDate: true, withMap: true, withNullPrototype: true, withSparseArray: true, withUnicodeString: true })])(
  'what is recorded is what toJson makes of a value, and its text says the same',
  (value) => {
    const { data, text } = recorded(emitted(value as Json), nothing)
    expect(data).toStrictEqual(toJson({ event: 'note', data: value }))
    expect(JSON.parse(text)).toStrictEqual(data)
    expect(text).not.toMatch(/(?<!\\)(?:\\\\)*\\ud[89a-f]/)
  },
)

test.for<[string, unknown, Json]>([
  ['a lone surrogate', 'a\ud83e', 'a\ufffd'],
  ['a key with one', { 'k\udd26': 1 }, { 'k\ufffd': 1 }],
  ['a text that speaks of one', 'a\\ud83e', 'a\\ud83e'],
  ['a field named by a symbol', { a: 1, [Symbol('s')]: 2 }, { a: 1 }],
  ['a field that is undefined', { a: undefined, b: { c: undefined, d: [undefined] } }, { b: { d: [null] } }],
  ['minus zero and what is no number', { a: -0, b: NaN, c: [Infinity] }, { a: 0, b: null, c: [null] }],
])('%s is recorded as JSON of its own', ([, given, expected]) => {
  const { data, text } = recorded(emitted(given as Json), nothing)
  expect(data).toStrictEqual({ event: 'note', data: expected })
  expect(text).toBe(JSON.stringify({ event: 'note', data: expected }))
})

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const envelope = fc.record({
  type: fc.constantFrom('emit', 'tool_call', 'message'),
  by: fc.constantFrom('world', 'program'),
  scope: fc.oneof(fc.constantFrom('/a#0', '/b#1'), fc.string({ unit: 'grapheme' })),
  agent: optional(fc.constantFrom('x', 'y', 'ü"')),
  aseq: optional(fc.nat()),
  cause: optional(fc.nat()),
  source: optional(fc.string()),
  id: optional(fc.string()),
})

property.prop([fc.array(envelope, { maxLength: 30 })])('a head is that of its entry, whatever came before it', (envelopes) => {
  const head = headEncoder()
  for (const [index, draft] of envelopes.entries()) {
    const given = Object.fromEntries(Object.entries(draft).filter(([, value]) => value !== undefined))
    const entry = placed({ ...given, data: null } as unknown as Draft, index + 1, '2026-11-21T09:00:00.000Z', null)
    expect(entry).toStrictEqual({ seq: index + 1, time: '2026-11-21T09:00:00.000Z', ...given, data: null } as unknown as Entry)
    expect(`${head(entry)}null}`).toBe(encodeEntry(entry, 'null'))
    expect(JSON.parse(`${head(entry)}null}`)).toStrictEqual(entry)
  }
})
