import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { digest } from '../../src/log/digest.ts'
import type { Json } from '../../src/log/events.ts'
import { canonical, JSON_DEPTH_MAX, toJson } from '../../src/log/json.ts'

const anything = fc.anything({
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
  withNullPrototype: true,
  withObjectString: true,
  withUnicodeString: true,
})

describe('toJson', () => {
  property.prop([anything])('gives what JSON can carry unchanged', (value) => {
    const json = toJson(value)
    expect(JSON.parse(JSON.stringify(json))).toStrictEqual(json)
  })

  property.prop([anything])('changes nothing the second time', (value) => {
    const json = toJson(value)
    expect(toJson(json)).toStrictEqual(json)
  })

  property.prop([fc.jsonValue()])('says the same as JSON.stringify for plain JSON', (value) => {
    expect(JSON.stringify(toJson(value))).toBe(JSON.stringify(value).replaceAll(/\\ud[89a-f][0-9a-f]{2}/gi, '\ufffd'))
  })

  test.each<[string, unknown, Json]>([
    ['bytes as UTF-8 with replacement', Buffer.from([0x68, 0xc3, 0xa9, 0xff]), 'hé\ufffd'],
    ['a Date as ISO text', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['an invalid Date as null', new Date(NaN), null],
    ['a URL as text', new URL('https://ramure.dev/a b'), 'https://ramure.dev/a%20b'],
    [
      'a Map as an object',
      new Map<unknown, unknown>([
        ['a', 1],
        [2, new Set([1, 'x'])],
      ]),
      { a: 1, 2: [1, 'x'] },
    ],
    [
      'an Error as its name and message',
      new TypeError('no', { cause: new Error('deep') }),
      { name: 'TypeError', message: 'no', cause: { name: 'Error', message: 'deep' } },
    ],
    ['bigint, symbol and function as text', [12n, Symbol('s'), function go() {}], ['12', 'Symbol(s)', '[function go]']],
    ['undefined dropped from objects, null in lists and alone', { a: undefined, b: [undefined], c: null }, { b: [null], c: null }],
    ['NaN and the infinities as null, minus zero as zero', [NaN, Infinity, -Infinity, -0], [null, null, null, 0]],
    ['boxed values as what they box', [new String('s'), new Number(1), new Boolean(false)], ['s', 1, false]],
    ['lone surrogates as U+FFFD', { 'k\ud800': 'v\udfff' }, { 'k\ufffd': 'v\ufffd' }],
    ['toJSON honoured', { toJSON: () => ({ kept: 1 }) }, { kept: 1 }],
    ['numbers of typed arrays', new Float64Array([1.5, NaN]), [1.5, null]],
  ])('turns %s', (_, value, expected) => {
    expect(toJson(value)).toStrictEqual(expected)
  })

  test('keeps a key named __proto__ a key', () => {
    const json = toJson(JSON.parse('{"__proto__":{"polluted":true}}'))
    expect(JSON.stringify(json)).toBe('{"__proto__":{"polluted":true}}')
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  test('says where a cycle closes, and repeats what is only shared', () => {
    const shared = { x: 1 }
    const cycle: Record<string, unknown> = { first: shared, second: shared }
    cycle['self'] = cycle
    expect(toJson(cycle)).toStrictEqual({ first: { x: 1 }, second: { x: 1 }, self: '[Circular]' })
  })

  test('bounds the depth', () => {
    let deep: unknown = 'bottom'
    for (let level = 0; level < 100_000; level += 1) deep = [deep]
    const text = JSON.stringify(toJson(deep))
    expect(text).toBe(`${'['.repeat(JSON_DEPTH_MAX)}"[Deeper than 100 levels]"${']'.repeat(JSON_DEPTH_MAX)}`)
  })

  test('never throws, whatever throws inside', () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    const hostile = {
      getter: Object.defineProperty({}, 'x', {
        enumerable: true,
        get: () => {
          throw new Error('get off')
        },
      }),
      toJSON: {
        toJSON: () => {
          throw 'plain text'
        },
      },
      endless: (function endless(): object {
        return { toJSON: endless }
      })(),
      proxy,
      error: Object.defineProperty(new Error('x'), 'message', {
        get: () => {
          throw new Error()
        },
      }),
      symbolKey: new Map([
        [
          {
            toString: () => {
              throw new Error('no text')
            },
          },
          1,
        ],
      ]),
    }
    const json = toJson(hostile) as Record<string, Json>
    expect(json['getter']).toBe('[Unreadable: get off]')
    expect(json['toJSON']).toBe('[Unreadable: plain text]')
    expect(JSON.stringify(json['endless'])).toContain('Deeper than')
    expect(json['proxy']).toContain('[Unreadable: ')
    expect(json['error']).toStrictEqual({ name: 'Error', message: 'Error' })
    expect(json['symbolKey']).toBe('[Unreadable: no text]')
  })

  test("leaves out what is not an object's own", () => {
    const inherited: unknown = Object.assign(Object.create({ above: 1 }), { own: 1 })
    class Point {
      x = 1
      get twice() {
        return 2 * this.x
      }
    }
    expect(toJson([inherited, new Point()])).toStrictEqual([{ own: 1 }, { x: 1 }])
    const everything = Object.prototype as { polluted?: unknown }
    everything.polluted = () => 'in every object'
    try {
      expect(JSON.stringify(toJson({ a: { b: 1 }, c: [inherited] }))).toBe('{"a":{"b":1},"c":[{"own":1}]}')
    } finally {
      delete everything.polluted
    }
  })

  test('shares no container with the original', () => {
    const original = { list: [1], inner: { a: 1 } }
    const json = toJson(original)
    original.list.push(2)
    original.inner.a = 2
    expect(json).toStrictEqual({ list: [1], inner: { a: 1 } })
  })
})

describe('canonical and digest', () => {
  property.prop([fc.dictionary(fc.string(), fc.jsonValue())])('do not depend on the order of keys', (fields) => {
    const json = toJson(fields)
    const reversed = toJson(Object.fromEntries(Object.entries(fields).reverse()))
    expect(canonical(reversed)).toBe(canonical(json))
    expect(JSON.parse(canonical(json))).toEqual(JSON.parse(JSON.stringify(json)))
  })

  test('digest is 32 hex digits of the sha256 of the canonical text', () => {
    expect(digest({ b: [1, null], a: 'é' })).toBe(digest({ a: 'é', b: [1, null] }))
    expect(digest(null)).toBe('74234e98afe7498fb5daf1f36ac2d78a')
    expect(digest({ a: 1 })).not.toBe(digest({ a: 2 }))
  })
})
