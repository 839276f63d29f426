import { describe, expect, test } from 'vitest'
import { exportedName } from '../../../src/testing/property/exported-name.ts'
import { freeNames } from '../../../src/testing/property/free-names.ts'
import { importLines, importsOf, sliceOf } from '../../../src/testing/property/module-slice.ts'

describe('names that a function takes from around it', () => {
  test.for<readonly [string, ...string[]]>([
    [
      '(list: readonly Item[], [one]): Sum | Map<Key, Item> => list.map((each): Other => each ?? one ?? x => x)',
      'Item',
      'Sum',
      'Key',
      'Other',
    ],
    ['(run) => run.outcome === "completed"'],
    ['(run) => expect(run.result).toBe(LIMIT)', 'expect', 'LIMIT'],
    ['({ calls, result: { a, ...rest } = other }) => [a, rest, calls, c]', 'other', 'c'],
    ['function all(run, least = LEAST) { return all(run) >= least }', 'LEAST'],
    ['async (run) => { for (const one of list) { const { two: three } = one; await use(three, two) } }', 'list', 'use', 'two'],
    ['(run) => run.count("emit", { event: EVENT, charged }) <= (late ? most : 1)', 'EVENT', 'charged', 'late', 'most'],
    ['(run) => `${run.outcome} ${`in ${deep}`} \\${not}`.match(/a[/]b\\/c/) ?? /"/.test(text)', 'deep', 'text'],
    ['(run) => run.a?.b /* c */ // d\n / e', 'e'],
    [
      '(run: SimulatedRun<Order>, sort: (one: A, other: { key: B }) => number) => sort(run as Special)',
      'SimulatedRun',
      'Order',
      'A',
      'B',
      'number',
      'Special',
    ],
    ['(run) => { try { JSON.parse(run) } catch (error) { return error instanceof Broken } }', 'Broken'],
    ['(run) => run.all("emit").map(({ data }) => data.ticket).every((id) => Number.isInteger(id))'],
  ])('%s', ([source, ...names]) => expect(freeNames(source)).toEqual(names))
})

const MODULE = `#!/usr/bin/env node
/** Tests. */
import assert, { type AssertionError } from 'node:assert/strict'
import * as tools from './tools.ts'
import type { Order } from './orders.ts'
import { expect as must, test } from 'vitest'

const LIMITS = {
  most: 3, // import { nothing } from 'nowhere'
}

/** How many. */
const count = (orders: readonly Order[]) => {
  return orders.length
}
const [first, second = count([])] = [1]
export function within(orders: readonly Order[]): boolean {
  return count(orders) <= LIMITS.most
}

test('holds', () => {
  const hidden = 4
  tools.run((run) => within(run) && hidden)
})
`

describe('the part of a module that some names need', () => {
  test('is declarations with what they need, and imports', () => {
    const { imports, declarations, missing } = sliceOf(MODULE, ['within', 'must', 'tools', 'hidden'])
    expect(declarations).toEqual([
      "const LIMITS = {\n  most: 3, // import { nothing } from 'nowhere'\n}",
      'const count = (orders: readonly Order[]) => {\n  return orders.length\n}',
      'export function within(orders: readonly Order[]): boolean {\n  return count(orders) <= LIMITS.most\n}',
    ])
    expect(importLines(imports)).toEqual(
      [
        "import { expect as must } from 'vitest'",
        "import * as tools from './tools.ts'",
        "import { type Order } from './orders.ts'",
      ].toSorted((one, other) => Number(one.includes('./')) - Number(other.includes('./')) || (one.includes('orders') ? -1 : 1)),
    )
    expect(missing).toEqual(['hidden'])
  })

  test('takes names out of patterns', () => {
    expect(sliceOf(MODULE, ['second']).declarations).toHaveLength(2)
  })

  test('is what imports say, in every form', () => {
    expect(importsOf(MODULE).map(({ local, imported, isType }) => [local, imported, isType])).toEqual([
      ['assert', 'default', false],
      ['AssertionError', 'AssertionError', true],
      ['tools', '*', false],
      ['Order', 'Order', true],
      ['must', 'expect', false],
      ['test', 'test', false],
    ])
  })
})

describe('the name under which a module exports a process', () => {
  test.for([
    ["export const gate = agentProcess('mergeGate', async () => {})", 'gate'],
    ["export const gate: Gate = agentProcess(\n  'mergeGate',", 'gate'],
    ["const gate = agentProcess('mergeGate', f)\nexport { other, gate as theGate }", 'theGate'],
    ["const gate = agentProcess('mergeGate', f)\nexport { gate }", 'gate'],
    ["export default agentProcess('mergeGate', f)", 'default'],
    ["const gate = agentProcess('mergeGate', f)\nexport default gate", 'default'],
    ["const gate = agentProcess('mergeGate', f)", null],
    ["export const gate = agentProcess('mergeGates', f)", null],
  ] as const)('%s', ([source, name]) => expect(exportedName(source, 'mergeGate')).toBe(name))
})
