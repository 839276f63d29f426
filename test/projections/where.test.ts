import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import type { Entry, Json } from '../../src/log/events.ts'
import { containsGlob } from '../../src/projections/glob.ts'
import { parseWhere } from '../../src/projections/where.ts'

const CALL: Entry = {
  seq: 171,
  time: '2026-11-21T09:41:07.123Z',
  type: 'tool_call',
  by: 'world',
  scope: '/review#0',
  agent: 'builder',
  data: { call_id: '1', tool: 'bash', params: { command: 'NPM test', tries: 3, deep: [{ 'odd name': null }], flag: false } },
}

function holds(condition: string, entry: Entry = CALL): boolean {
  const where = parseWhere(condition)
  if (typeof where !== 'function') throw new Error(`${condition}: ${where.message} at ${where.at}`)
  return where(entry)
}

describe('a condition', () => {
  it.for([
    ['type == "tool_call"', true],
    ["type == 'message'", false],
    ['type != "message"', true],
    ['seq > 170 && seq < 172', true],
    ['seq >= 172 || seq <= 170', false],
    ['data.params.tries == 3', true],
    ['.data.params.tries == 3', true],
    ['data.params.command ~ "npm"', true],
    ['data.params.command ~ "npm*test"', true],
    ['data.params.command ~ "test*npm"', false],
    ['data.params.command !~ "yarn"', true],
    ['data.params ~ "odd name"', true],
    ['data.params.deep[0]["odd name"] == null', true],
    ['data.params.deep[7].x == null', true],
    ['data.error', false],
    ['data.params.flag', false],
    ['!data.params.flag', true],
    ['data.params', true],
    ['aseq == null', true],
    ['aseq != 3', true],
    ['aseq < 3', false],
    ['data.params.tries < "200"', false],
    ['agent < "c"', true],
    ['agent == "builder" && (by == "program" || by == "world")', true],
    ['by == "program" && by == "world" || seq == 171', true],
    ['by == "program" && (by == "world" || seq == 171)', false],
    ['!!(seq == 171)', true],
    ['! (seq == 171) || type ~ "TOOL_*"', true],
    ['data.params.tries < 3ms', false],
    ['data.params.tries < 1s', true],
    ['data.params.tries == 0.3e1', true],
    ['data.params.tries > -1', true],
    ['true && !null', true],
    ['data.constructor == null && data.__proto__ == null && data.tool.length == null', true],
  ] as const)('%s is %s', ([condition, expected]) => {
    expect(holds(condition)).toBe(expected)
  })

  it.for([
    ['', 0, 'Expected a field, a number or a "text", not the end'],
    ['type ==', 7, 'Expected a field, a number or a "text", not the end'],
    ['type = "x"', 5, 'Equality is written =='],
    ['type == "x', 8, 'The text that begins here has no closing "'],
    ['type == x', 8, 'An entry has no field "x"'],
    ['tool == "bash"', 0, 'what it holds is data.tool'],
    ['(seq == 1', 9, 'Expected ) for the ( at column 1, not the end'],
    ['seq == 1)', 8, 'Expected && or ||, not )'],
    ['seq == 1 seq == 2', 9, 'Expected && or ||, not seq'],
    ['seq == 1 & seq == 2', 9, 'Both is written &&'],
    ['seq == 5x', 8, 'A number ends before x'],
    ['seq == -', 7, 'A number has digits after the -'],
    ['data. == 1', 5, 'A name belongs after the .'],
    ['data[x]', 5, 'A number or a "name" belongs between [ and ]'],
    ['data["x" == 1', 8, 'A ] belongs here'],
    ['seq == 1 && #', 12, 'Nothing begins with "#"'],
    [`${'('.repeat(101)}seq`, 100, 'More than 100 levels'],
    [`seq == 1 ${'x'.repeat(10_000)}`, 10_000, 'at most 10000 characters'],
  ] as const)('that cannot be read is refused at its place: %s', ([text, at, message]) => {
    expect(parseWhere(text)).toEqual({ at, message: expect.stringContaining(message) })
  })

  test.prop([fc.string({ unit: 'binary', maxLength: 60 })])('of any letters is read, or refused at a place inside of it', (text) => {
    const where = parseWhere(text)
    if (typeof where === 'function') where(CALL)
    else expect(where.at).toBeGreaterThanOrEqual(0)
    if (typeof where !== 'function') expect(where.at).toBeLessThanOrEqual(text.length)
  })

  const words = fc.array(fc.constantFrom('(', ')', '!', '&&', '||', '==', '~', '<', 'seq', 'data.x', '"t"', '1', 'null', '.', '[', '5m'), {
    maxLength: 14,
  })
  test.prop([words])('of any of its words is read, or refused at a place inside of it', (parts) => {
    const text = parts.join(' ')
    const where = parseWhere(text)
    if (typeof where === 'function') expect(typeof where(CALL)).toBe('boolean')
    else expect(where.at).toBeLessThanOrEqual(text.length)
  })

  test.prop([formula(), fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), fc.boolean()])(
    'means what its parentheses say, and binds ! before && before || without them',
    ({ text, value }, facts, spaced) => {
      const entry = { ...CALL, data: Object.fromEntries(facts.map((fact, index) => [`f${index}`, fact])) } as unknown as Entry
      const written = spaced ? text : text.replaceAll(' ', '')
      expect(holds(written, entry)).toBe(value(facts))
    },
  )

  const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as Json)
  test.prop([json, json])('compares values as JSON tells them apart', (left, right) => {
    fc.pre(typeof right !== 'object' || right === null)
    const entry = { ...CALL, data: { left } } as unknown as Entry
    const text = JSON.stringify(right)
    // Texts with escapes of JSON are written otherwise here.
    fc.pre(!text.includes('\\') && !/[eE]/.test(typeof right === 'number' ? text : ''))
    expect(holds(`data.left == ${text}`, entry)).toBe(left === right)
    expect(holds(`data.left != ${text}`, entry)).toBe(left !== right)
  })
})

describe('searching', () => {
  const model = (text: string, pattern: string) =>
    new RegExp(
      pattern
        .split('*')
        .map((part) => part.replace(/[^\w]/g, '\\$&'))
        .join('[^]*'),
      'i',
    ).test(text)

  test.prop([fc.string({ unit: fc.constantFrom('a', 'B', '.', '(') }), fc.string({ unit: fc.constantFrom('A', 'b', '.', '(', '*') })])(
    'finds what the same pattern finds as a regular expression',
    (text, pattern) => {
      expect(containsGlob(text, pattern)).toBe(model(text, pattern))
    },
  )

  it('finds a star where it is escaped', () => {
    expect([containsGlob('a*b', 'a\\*b'), containsGlob('axb', 'a\\*b'), containsGlob('a\\b', 'a\\\\b')]).toEqual([true, false, true])
  })

  it('takes no longer for a pattern that is made to take long', () => {
    // A backtracking search of this pattern would not end within the age of the machine.
    expect(containsGlob('a'.repeat(200_000), `${'a*'.repeat(5000)}b`)).toBe(false)
  })
})

interface Formula {
  readonly text: string
  readonly value: (facts: readonly boolean[]) => boolean
}

/** Formulas over `data.f0` to `data.f3`: written with parentheses where they are needed and sometimes where they are not. */
function formula(): fc.Arbitrary<Formula> {
  const { either } = fc.letrec<{ either: Formula; both: Formula; one: Formula }>((tie) => ({
    one: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.nat({ max: 3 }).map((index): Formula => ({ text: `data.f${index}`, value: (facts) => facts[index] === true })),
      tie('either').map(({ text, value }): Formula => ({ text: `( ${text} )`, value })),
      tie('one').map(({ text, value }): Formula => ({ text: `! ${text}`, value: (facts) => !value(facts) })),
    ),
    both: fc.array(tie('one'), { minLength: 1, maxLength: 3 }).map(
      (parts): Formula => ({
        text: parts.map(({ text }) => text).join(' && '),
        value: (facts) => parts.every(({ value }) => value(facts)),
      }),
    ),
    either: fc.array(tie('both'), { minLength: 1, maxLength: 3 }).map(
      (parts): Formula => ({
        text: parts.map(({ text }) => text).join(' || '),
        value: (facts) => parts.some(({ value }) => value(facts)),
      }),
    ),
  }))
  return either
}

describe('what can be said without the data', () => {
  function possible(condition: string): boolean {
    const where = parseWhere(condition)
    if (typeof where !== 'function') throw new Error(`${condition}: ${where.message} at ${where.at}`)
    const { data: _data, ...envelope } = CALL
    return where.mayHold(envelope)
  }

  it.for([
    ['seq == 171', true],
    ['seq > 171', false],
    ['data.tool == "bash"', true],
    ['data.tool == "other"', true],
    ['!data.tool', true],
    ['data', true],
    ['seq > 171 && data.tool == "bash"', false],
    ['data.tool == "bash" && seq > 171', false],
    ['seq > 171 || data.tool == "bash"', true],
    ['!(seq == 171 || data.tool)', false],
    ['!(seq == 171 && data.tool)', true],
    ['!(seq == 171) || (agent == "x" && data)', false],
    ['agent ~ "BUILD" && cause == null', true],
  ] as const)('%s may hold: %s', ([condition, expected]) => {
    expect(possible(condition)).toBe(expected)
  })

  const atoms = fc.constantFrom(
    'seq > 5',
    'seq == 171',
    'agent == "x"',
    'cause',
    'data.tool',
    'data.nothing',
    'data.params.tries == 3',
    'data',
  )
  const conditions = fc.letrec<{ any: string }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 4 },
      atoms,
      fc.tuple(tie('any'), fc.constantFrom('&&', '||'), tie('any')).map(([left, sign, right]) => `(${left} ${sign} ${right})`),
      tie('any').map((inner) => `!(${inner})`),
    ),
  })).any

  test.prop([conditions])('a condition that holds may hold', (condition) => {
    if (holds(condition)) expect(possible(condition)).toBe(true)
  })
})

it.for([
  ['seq > "a"', 6, 'seq is a number and "a" is a text: they never compare'],
  ['agent == 5', 9, 'agent is a text and 5 is a number: they never compare'],
  ['5 != time', 5, '5 is a number and time is a text: they never compare'],
  ['agent == true', 9, 'agent is a text and true is yes or no: they never compare'],
  ['seq == agent', 7, 'seq is a number and agent is a text: they never compare'],
  ['"a" == 1', 7, '"a" is a text and 1 is a number: they never compare'],
] as const)('%s is refused', ([condition, at, message]) => {
  expect(parseWhere(condition)).toEqual({ at, message })
})

it.for(['agent == null', 'seq ~ "17"', 'seq ~ 17', 'data.x == 1', 'data == "x"', 'seq', 'cause != seq'])(
  '%s is a condition',
  (condition) => {
    expect(parseWhere(condition)).toBeTypeOf('function')
  },
)
