import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { bytesOf } from '../../src/log/ascii.ts'
import { inside } from '../../src/log/entry-field.ts'
import type { JsonObject } from '../../src/log/events.ts'
import { FieldWalk, UNKNOWN } from '../../src/log/field-walk.ts'
import { QUOTES_BEHIND } from '../../src/log/lines.ts'

const KEYS = ['call_id', 'tool', 'error', 'aseq', 'result']

function walkIn(text: string, walk = new FieldWalk()): FieldWalk {
  // Something stands before and behind it, as in a line of a block.
  const bytes = Buffer.from(`{"x":${text}}\n${'"'.repeat(QUOTES_BEHIND)}`)
  walk.open(bytesOf(bytes), 5, bytes.length - QUOTES_BEHIND - 2)
  return walk
}

const found = (text: string, key: string): unknown => walkIn(text).find(key)

const value = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('a"b', 'back\\', '', '}', ',"tool":"x"'),
  fc.integer(),
  fc.nat(),
  fc.double(),
  fc.boolean(),
  fc.constantFrom<unknown>(null, {}, [], { tool: 'inner' }, [{ tool: ']}' }], 1e21, 5e-7, 2 ** 53, 0.1, 0.003, -0.5, 123456.789, 1e-7),
)
const object = fc.dictionary(fc.oneof(fc.constantFrom(...KEYS), fc.string()), value, { noNullPrototype: true })

const asked = fc.array(fc.constantFrom(...KEYS), { minLength: 1, maxLength: 8 })

property.prop([object, asked], { numRuns: 1000 })(
  'is what parsing finds, or leaves it to parsing, in whatever order one asks',
  (data, keys) => {
    const text = JSON.stringify(data)
    const parsed = JSON.parse(text) as JsonObject
    const walk = walkIn(text)
    for (const key of keys) {
      const field = walk.find(key)
      if (field !== UNKNOWN) expect(field).toStrictEqual(parsed[key])
      const inner = walk.findInside(key, 'tool')
      if (inner !== UNKNOWN) expect(inner).toStrictEqual(inside(parsed[key], 'tool'))
    }
  },
)

property.prop([object, fc.nat(), fc.constantFrom('', '"', '}', '{', ',', '0', '\\', ':', ']'), fc.constantFrom(...KEYS)], { numRuns: 500 })(
  'of a text that was changed somewhere it says what parsing finds, or leaves it to parsing, while that can be parsed',
  (data, at, put, key) => {
    const text = JSON.stringify(data)
    const place = at % text.length
    const changed = text.slice(0, place) + put + text.slice(place + 1)
    let parsed: unknown
    try {
      parsed = JSON.parse(changed)
    } catch {
      return
    }
    const field = found(changed, key)
    // A key that stands twice is nothing that an object has given.
    if (field !== UNKNOWN && changed.split(`"${key}":`).length === 2) expect(field).toStrictEqual(inside(parsed, key))
  },
)

property.prop([
  fc.oneof(
    fc.double(),
    fc.integer(),
    fc.tuple(fc.maxSafeInteger(), fc.nat({ max: 12 })).map(([n, e]) => n / 10 ** e),
  ),
])('a number is the very one that parsing finds', (number) => {
  const text = JSON.stringify({ tool: number })
  const field = found(text, 'tool')
  if (field !== UNKNOWN) expect(field).toBe((JSON.parse(text) as JsonObject)['tool'])
})

test('one walk goes from object to object', () => {
  const walk = new FieldWalk()
  expect(walkIn('{"tool":"x","error":"y"}', walk).find('error')).toBe('y')
  expect(walkIn('{"tool":"z"}', walk).find('error')).toBe(undefined)
  expect(walk.find('tool')).toBe('z')
})

test('a text that is kept elsewhere is left to whoever puts it back', () => {
  expect(found('{"error":{"$blob":"00ff","bytes":70000,"preview":"x"},"tool":"x"}', 'error')).toBe(UNKNOWN)
  expect(found('{"error":{"$blob":"00ff","bytes":70000,"preview":"x"},"tool":"x"}', 'tool')).toBe('x')
})

test.each([
  ['{"call_id":"b1:7","tool":"submit","params":{"tool":"x"}}', 'tool', 'submit'],
  ['{"aseq":12}', 'aseq', 12],
  ['{"call_id":"1","result":"a \\" , é \\u0041"}', 'error', undefined],
  ['{"call_id":"1","result":-1.5e+7}', 'error', undefined],
  ['{"call_id":"1","result":null,"error":"no"}', 'error', 'no'],
  ['{}', 'tool', undefined],
  ['{"params":{"tool":"}"},"tool":"x"}', 'tool', 'x'],
  ['{"tool":{"a":[1]}}', 'tool', { a: [1] }],
  ['{"tool":-1}', 'tool', -1],
  ['{"tool":0.003}', 'tool', 0.003],
  ['{"tool":null,"error":true}', 'error', true],
])('%s says %s without being parsed', (text, key, expected) => {
  expect(found(text, key)).toStrictEqual(expected)
})

test.each([
  ['"tool"', 'tool'],
  ['null', 'tool'],
  ['["tool"]', 'tool'],
  ['{"tool":"\\u0041"}', 'tool'],
  ['{"tool":"é"}', 'tool'],
  ['{"tool":01}', 'tool'],
  ['{"tool":-01}', 'tool'],
  ['{"tool":-}', 'tool'],
  ['{"tool":1.}', 'tool'],
  ['{"tool":.5}', 'tool'],
  ['{"tool":1.2.3}', 'tool'],
  ['{"tool":1e3}', 'tool'],
  ['{"tool":1234567890123456}', 'tool'],
  ['{"tool":{"a":1}', 'tool'],
  ['{"error":1,}', 'tool'],
  ['{"error":1}{"tool":2}', 'tool'],
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
