import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Json, JsonObject } from '../../src/log/events.ts'
import { toJson } from '../../src/log/json.ts'
import { createTool, type InputSchema } from '../../src/runtime/tool.ts'
import { thrownBy } from './harness.ts'

const tool = (input: InputSchema, parameters?: JsonObject) =>
  createTool('tool', 'try', { input, ...(parameters && { parameters }) }, () => null)

async function problem(input: InputSchema, params: Json): Promise<string> {
  const error = await thrownBy(() => tool(input).parse(params))
  expect(error.code).toBe('ERR_TOOL_ARGUMENTS')
  expect(error.message).toContain("'try'")
  return error.message
}

describe('the definition of a tool', () => {
  test('comes from a zod schema: types, enums, defaults, what is required', () => {
    const input = z.object({
      spec: z.string().describe('What to build'),
      priority: z.number().int().default(0),
      mode: z.enum(['fast', 'good']),
      tags: z.array(z.string()).optional(),
    })
    const { parameters } = tool(input).definition
    expect(parameters).toMatchObject({
      type: 'object',
      properties: {
        spec: { type: 'string', description: 'What to build' },
        priority: { type: 'integer', default: 0 },
        mode: { type: 'string', enum: ['fast', 'good'] },
        tags: { type: 'array', items: { type: 'string' } },
      },
      required: ['spec', 'mode'],
    })
    expect(parameters).not.toHaveProperty('$schema')
  })

  test('is a plain JSON Schema when that was given, an object without arguments when nothing was', () => {
    const schema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] }
    expect(tool(schema).definition).toEqual({ name: 'try', description: 'try', parameters: schema })
    expect(createTool('tool', 'try', {}, () => null).definition.parameters).toMatchObject({ type: 'object', properties: {} })
    expect(tool({}).definition.parameters).toEqual({ type: 'object', properties: {} })
  })

  test('may be given beside a schema that cannot say it', () => {
    const opaque = { '~standard': { version: 1, vendor: 'mine', validate: (value: unknown) => ({ value }) } } as const
    expect(() => tool(opaque)).toThrow(expect.objectContaining({ code: 'ERR_TOOL_SCHEMA' }))
    expect(tool(opaque, { properties: { a: {} } }).definition.parameters).toEqual({ type: 'object', properties: { a: {} } })
  })

  test.for<[string, unknown]>([
    ['a string', 'text'],
    ['a list', []],
    ['a string schema', z.string()],
    ['a schema of type string', { type: 'string' }],
    ['a union of types', { type: ['object', 'null'] }],
    ['an unknown type', { properties: { a: { type: 'text' } } }],
    ['a bad pattern', { properties: { a: { type: 'string', pattern: '(' } } }],
    ['properties that are no object', { properties: 5 }],
    ['a property that is null', { properties: { a: null } }],
    ['required that is a name', { required: 'a' }],
    ['a reference to nowhere', { properties: { a: { $ref: '#/$defs/b' } } }],
    ['a deep mistake', { properties: { a: { items: { anyOf: [{ type: 'strng' }] } } } }],
    ['a zod type that JSON Schema lacks', z.object({ when: z.date() })],
    ['an enum that is no list', { properties: { a: { enum: 'x' } } }],
  ])('is refused at once when the input is %s', ([, input]) => {
    expect(() => tool(input as InputSchema)).toThrow(
      expect.objectContaining({ code: 'ERR_TOOL_SCHEMA', message: expect.stringContaining("'try'") }),
    )
  })

  test('says where in the schema the mistake is', () => {
    expect(() => tool({ properties: { a: { items: { type: 'strng' } } } })).toThrow('properties.a.items: there is no type "strng"')
  })

  test('keeps references that lead somewhere', async () => {
    const schema = { properties: { a: { $ref: '#/$defs/b' } }, $defs: { b: { type: 'string' } } }
    expect(await problem(schema, { a: 1 })).toContain('a: ')
    expect(tool(schema).parse({ a: 'x' })).toEqual({ a: 'x' })
  })

  test('needs a legal name and a function', () => {
    for (const name of ['../../x', 'a;b', '-t', '🦊', '', 'x'.repeat(65), '__proto__', 'ü']) {
      expect(() => createTool('tool', name, {}, () => null), name).toThrow(expect.objectContaining({ code: 'ERR_BAD_NAME' }))
    }
    expect(createTool('tool', 'constructor', {}, () => null).definition.name).toBe('constructor')
    for (const run of [undefined, null, 5, 'f']) expect(() => createTool('tool', 'try', {}, run as never)).toThrow(TypeError)
  })
})

describe('arguments that do not fit', () => {
  test('are answered with field and rule, by zod', async () => {
    const input = z.object({ code: z.string().min(3), nested: z.object({ n: z.number() }) })
    expect(await problem(input, { code: 'ab', nested: {} })).toMatch(/code: .*3.*; nested\.n: .*number/)
    expect(await problem(input, null)).toContain('arguments: ')
  })

  test('are answered with field and rule, by JSON Schema', async () => {
    const input = {
      type: 'object',
      required: ['code'],
      additionalProperties: false,
      properties: { code: { type: 'string', minLength: 3 }, nested: { type: 'object', properties: { n: { type: 'number' } } } },
    }
    expect(await problem(input, {})).toMatch(/required.*"code"/)
    expect(await problem(input, { code: 'ab' })).toMatch(/code: .*short/)
    expect(await problem(input, { code: 'abc', nested: { n: 'x' } })).toMatch(/nested\.n: .*"number"/)
    expect(await problem(input, { code: 'abc', more: 1 })).toContain('more: There is no such argument.')
    expect(await problem(input, { nested: { n: 'x' } })).toMatch(/required.*"code".*; nested\.n: /)
    for (const params of [null, [], 'text', 5]) expect(await problem(input, params)).toContain('arguments: ')
  })

  test('are refused for a tool without arguments', async () => {
    const error = await thrownBy(() => createTool('tool', 'try', {}, () => null).parse({ a: 1 }))
    expect(error.message).toContain('a')
  })
})

describe('arguments that fit', () => {
  test('get their defaults, converted by zod, filled in for JSON Schema', () => {
    expect(tool(z.object({ n: z.coerce.number(), m: z.string().default('x') })).parse({ n: '4' })).toEqual({ n: 4, m: 'x' })
    const input = { properties: { n: { type: 'number', default: 4 }, m: { type: 'string' } } }
    expect(tool(input).parse({})).toEqual({ n: 4 })
    expect(tool(input).parse({ n: 5 })).toEqual({ n: 5 })
  })

  test('may be checked asynchronously', async () => {
    const input = z.object({ a: z.string().refine(async (a) => a === 'x', 'is not x') })
    expect(await tool(input).parse({ a: 'x' })).toEqual({ a: 'x' })
    expect((await thrownBy(() => tool(input).parse({ a: 'y' }))).message).toContain('a: is not x')
  })

  test('are data, whatever their names are', () => {
    const params = JSON.parse('{"__proto__":{"polluted":1},"constructor":2,"toString":3}') as Json
    const parsed = tool({ type: 'object' }).parse(params) as object
    expect(JSON.stringify(parsed)).toBe(JSON.stringify(params))
    expect(({} as { polluted?: number }).polluted).toBeUndefined()
  })

  test('of any kind either pass or are refused with ERR_TOOL_ARGUMENTS, never anything else', () => {
    const { parse } = tool({ properties: { a: { type: 'string', pattern: '^x' }, b: { type: 'array', items: { type: 'integer' } } } })
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.record({ a: fc.jsonValue(), b: fc.jsonValue() }, { requiredKeys: [] })), (value) => {
        try {
          parse(toJson(value))
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_TOOL_ARGUMENTS' })
        }
      }),
    )
  })
})
