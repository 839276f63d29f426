import { test } from '@fast-check/vitest'
import fc from 'fast-check'
import { expect } from 'vitest'
import { toJson } from '../../src/log/json.ts'
import { lossesIn } from '../../src/runtime/plain-json.ts'

test('names what JSON makes something else of, and where it stands', () => {
  class Task {}
  const circle: { self?: unknown } = {}
  circle.self = circle
  const at = (value: unknown) => lossesIn(['plain', { list: [1, { value }] }]).map(({ path, what }) => [path, what])
  const place = '1.list.1.value'
  expect(at(new Date(0))).toEqual([[place, 'a Date']])
  expect(at(new Map())).toEqual([[place, 'a Map']])
  expect(at(Buffer.from('x'))).toEqual([[place, 'a Buffer']])
  expect(at(new Task())).toEqual([[place, 'a Task']])
  expect(at(() => 1)).toEqual([[place, 'a function']])
  expect(at(1n)).toEqual([[place, 'a bigint']])
  expect(at(Number.NaN)).toEqual([[place, 'the number NaN']])
  expect(at([1, undefined])).toEqual([[`${place}.1`, 'undefined']])
  expect(at(circle)).toEqual([[`${place}.self`, 'a reference to what it is part of']])
  expect(at({ toJSON: () => 1 })).toEqual([[place, 'an object with toJSON']])
  expect(lossesIn([undefined, 2])).toEqual([{ path: '0', what: 'undefined' }])
  expect(lossesIn([{ a: undefined }])).toEqual([])
  const unreadable = Object.defineProperty({}, 'a', { enumerable: true, get: () => JSON.parse('') })
  expect(lossesIn([unreadable])).toEqual([{ path: '0', what: 'something that cannot be read' }])
  expect(lossesIn(Array.from({ length: 50 }, () => new Date()))).toHaveLength(5)
})

test.prop([fc.jsonValue()])('finds no loss in what JSON gives back as it was', (value) => {
  const clean = JSON.parse(JSON.stringify(value)) as unknown
  expect(lossesIn([clean])).toEqual([])
  expect(toJson(clean)).toEqual(clean)
})
