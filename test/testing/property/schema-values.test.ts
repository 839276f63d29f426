import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { JsonObject } from '../../../src/log/events.ts'
import { createTool } from '../../../src/runtime/tool.ts'
import { createChance } from '../../../src/testing/property/chance.ts'
import { simpler } from '../../../src/testing/property/simplify.ts'
import { argumentMaker } from '../../../src/testing/property/values.ts'

const maker = argumentMaker(fc)

/** A tool with one argument `it` of this schema. */
const toolOf = (it: JsonObject, more: JsonObject = {}) => ({
  name: 'tool',
  description: '',
  parameters: { type: 'object', properties: { it }, required: ['it'], additionalProperties: false, ...more } as JsonObject,
})

const TREE = {
  type: 'object',
  properties: { name: { type: 'string' }, kids: { type: 'array', items: { $ref: '#/$defs/tree' } } },
  required: ['name'],
}

const SCHEMAS: [string, JsonObject, JsonObject?][] = [
  ['an integer within bounds', { type: 'integer', minimum: 3, maximum: 5 }],
  ['an integer above and below', { type: 'integer', exclusiveMinimum: 0, exclusiveMaximum: 3 }],
  ['a multiple', { type: 'integer', multipleOf: 7, minimum: 10, maximum: 40 }],
  ['a number within bounds', { type: 'number', minimum: -0.5, maximum: 0.5 }],
  ['a large minimum', { type: 'integer', minimum: 1_000_000 }],
  ['a text of a length', { type: 'string', minLength: 3, maxLength: 4 }],
  ['a long text', { type: 'string', minLength: 200 }],
  ['a pattern', { type: 'string', pattern: '^[a-z]{2,5}-\\d+$' }],
  ['a date', { type: 'string', format: 'date-time' }],
  ['an address', { type: 'string', format: 'email' }],
  ['one of these', { enum: ['low', 'high', 3, null] }],
  ['exactly this', { const: { fixed: true } }],
  ['one type or another', { type: ['string', 'null'] }],
  ['a list', { type: 'array', items: { type: 'boolean' }, minItems: 2, maxItems: 3 }],
  ['a set', { type: 'array', items: { type: 'integer', minimum: 0, maximum: 9 }, uniqueItems: true, minItems: 3 }],
  ['a pair', { type: 'array', prefixItems: [{ type: 'string' }, { type: 'integer' }], items: false, minItems: 2 }],
  [
    'an object',
    { type: 'object', properties: { a: { type: 'string' }, b: { type: 'integer' } }, required: ['b'], additionalProperties: false },
  ],
  ['a dictionary', { type: 'object', additionalProperties: { type: 'integer' } }],
  [
    'any of two',
    {
      anyOf: [
        { type: 'string', maxLength: 2 },
        { type: 'integer', minimum: 9 },
      ],
    },
  ],
  ['one of two', { oneOf: [{ type: 'object', properties: { k: { const: 'a' } }, required: ['k'] }, { type: 'boolean' }] }],
  ['all of two', { allOf: [{ type: 'integer', minimum: 4 }, { maximum: 6 }] }],
  ['a reference', { $ref: '#/$defs/level' }, { $defs: { level: { enum: [1, 2] } } }],
  ['a tree', { $ref: '#/$defs/tree' }, { $defs: { tree: TREE } }],
  ['anything', {}],
]

describe('arguments for tools', () => {
  test.for(SCHEMAS)('allow %s', ([, schema, more]) => {
    const tool = toolOf(schema, more)
    const chance = createChance('0123456789abcdef0123456789abcdef')
    const made = Array.from({ length: 40 }, () => maker.allowed(tool, chance))
    expect(made).not.toContain(null)
    // The maker has asked the same validator; here it is asked directly.
    const { parse } = createTool('tool', 'tool', { input: tool.parameters }, () => {})
    for (const params of made) expect(() => parse(params)).not.toThrow()
  })

  test('fit a schema of zod as the runtime turns it into JSON Schema', () => {
    const input = z.object({ to: z.enum(['a', 'b']), amount: z.number().int().min(1).max(9), note: z.string().max(3).optional() })
    const { definition, parse } = createTool('tool', 'pay', { input }, () => {})
    const chance = createChance('00000000000000000000000000000001')
    const made = Array.from({ length: 40 }, () => maker.allowed(definition, chance))
    for (const params of made) expect(() => parse(params)).not.toThrow()
    expect(new Set(made.map((params) => (params as { to: string }).to))).toEqual(new Set(['a', 'b']))
    expect(
      made.some((params) => Object.hasOwn(params as object, 'note')) && made.some((params) => !Object.hasOwn(params as object, 'note')),
    ).toBe(true)
  })

  test('that are forbidden are forbidden', () => {
    const tool = toolOf({ type: 'integer', minimum: 3 })
    const chance = createChance('00000000000000000000000000000002')
    const made = Array.from({ length: 30 }, () => maker.forbidden(tool, chance))
    expect(made).not.toContain(null)
    for (const params of made) expect(maker.allows(tool, params as JsonObject)).toBe(false)
    expect(new Set(made.map((params) => Object.keys(params as object).join())).size).toBeGreaterThan(1)
  })

  test('are none where a schema allows nothing', () => {
    expect(maker.allowed(toolOf({ allOf: [{ type: 'string' }, { not: { type: 'string' } }] }), createChance('1'.repeat(32)))).toBeNull()
  })
})

describe('simpler values', () => {
  const smallest = (value: unknown, isWrong: (value: never) => boolean): unknown => {
    for (const next of simpler(value as never)) if (isWrong(next as never)) return smallest(next, isWrong)
    return value
  }

  test.for<[unknown, (value: never) => boolean, unknown]>([
    [731, (n: number) => n > 40, 41],
    [-731, (n: number) => Math.abs(n) > 40, 41],
    ['some long text', (text: string) => text.length >= 3, 'aaa'],
    [{ a: 'x', b: [1, 2, 3], c: null }, (o: { b?: number[] }) => (o.b?.length ?? 0) >= 2, { b: [0, 0] }],
    [[5, 6, 7, 8], (list: number[]) => list.includes(7), [7]],
    [true, () => true, false],
  ])('of %j come to the smallest one', ([value, isWrong, expected]) => {
    expect(smallest(value, isWrong)).toEqual(expected)
  })

  test('come to an end, whatever they begin with', () => {
    return fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        let at = value as never
        for (let steps = 0; ; steps += 1) {
          const [next] = simpler(at)
          if (next === undefined) break
          expect(steps).toBeLessThan(1_000)
          at = next as never
        }
      }),
    )
  })
})
