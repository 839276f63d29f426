import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import type { Json } from '../../src/log/events.ts'
import { toJson } from '../../src/log/json.ts'
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
