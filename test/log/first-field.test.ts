import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import type { JsonObject } from '../../src/log/events.ts'
import { firstField, UNKNOWN } from '../../src/log/first-field.ts'

const KEYS = ['call_id', 'tool', 'error', 'aseq', 'result']

function found(text: string, key: string): unknown {
  // Something stands before and behind it, as in a line.
  const bytes = Buffer.from(`{"x":${text}}`)
  return firstField(bytes, 5, bytes.length - 1, key)
}

const value = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('a"b', 'back\\', '', '}', ',"tool":"x"'),
  fc.integer(),
  fc.nat(),
  fc.double(),
  fc.boolean(),
  fc.constantFrom<unknown>(null, {}, [], { tool: 'inner' }, 1e21, 5e-7, 2 ** 53),
)
const object = fc.dictionary(fc.oneof(fc.constantFrom(...KEYS), fc.string()), value, { noNullPrototype: true })

property.prop([object, fc.constantFrom(...KEYS)], { numRuns: 1000 })('is what parsing finds, or leaves it to parsing', (data, key) => {
  const text = JSON.stringify(data)
  const field = found(text, key)
  if (field !== UNKNOWN) expect(field).toStrictEqual((JSON.parse(text) as JsonObject)[key])
})

test.each([
  ['{"call_id":"b1:7","tool":"submit","params":{"tool":"x"}}', 'tool', 'submit'],
  ['{"aseq":12}', 'aseq', 12],
  ['{"call_id":"1","result":"a \\" , é \\u0041"}', 'error', undefined],
  ['{"call_id":"1","result":-1.5e+7}', 'error', undefined],
  ['{"call_id":"1","result":null,"error":"no"}', 'error', 'no'],
  ['{}', 'tool', undefined],
])('%s says %s without being parsed', (text, key, expected) => {
  expect(found(text, key)).toBe(expected)
})

test.each([
  ['"tool"', 'tool'],
  ['null', 'tool'],
  ['["tool"]', 'tool'],
  ['{"params":{},"tool":"x"}', 'tool'],
  ['{"tool":"\\u0041"}', 'tool'],
  ['{"tool":"é"}', 'tool'],
  ['{"tool":{}}', 'tool'],
  ['{"tool":-1}', 'tool'],
  ['{"tool":01}', 'tool'],
  ['{"t\\u006fol":"x"}', 'tool'],
  ['{ "tool":"x"}', 'tool'],
  ['{"a":,"tool":"x"}', 'tool'],
  ['{"a":"x"', 'tool'],
  ['{"tool"', 'tool'],
  ['{"tool":1', 'tool'],
  ['{', 'tool'],
])('%s is left to the parser', (text, key) => {
  expect(found(text, key)).toBe(UNKNOWN)
})
