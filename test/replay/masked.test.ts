import { expect, test } from 'vitest'
import { equalsMasked } from '../../src/replay/masked.ts'

test('what was masked may be anything, what stands around it may not', () => {
  const recorded = { text: 'use ‹masked:API_KEY› and ‹masked:aws_key›!', list: [1, '‹masked:jwt›'], plain: null }
  const now = { text: 'use abc and def!', list: [1, 'eyJ'], plain: null }
  expect(equalsMasked(recorded, now)).toBe(true)
  expect(equalsMasked(recorded, { ...now, text: 'use abc and def?' })).toBe(false)
  expect(equalsMasked(recorded, { ...now, text: 'use abc or def!' })).toBe(false)
  expect(equalsMasked(recorded, { ...now, text: 'use abc and !' })).toBe(false)
  expect(equalsMasked(recorded, { ...now, list: [2, 'eyJ'] })).toBe(false)
  expect(equalsMasked(recorded, { ...now, list: [1] })).toBe(false)
  expect(equalsMasked(recorded, { ...now, more: 1 })).toBe(false)
  expect(equalsMasked(recorded, { ...now, plain: 0 })).toBe(false)
})

test('without a mask only the same is equal', () => {
  expect(equalsMasked({ a: ['b', 1, true, null] }, { a: ['b', 1, true, null] })).toBe(true)
  expect(equalsMasked('a', 'b')).toBe(false)
  expect(equalsMasked([], {})).toBe(false)
  expect(equalsMasked({}, [])).toBe(false)
  expect(equalsMasked('1', 1)).toBe(false)
})

test('a masked name is found by what is left of it, and each name is used once', () => {
  expect(equalsMasked({ 'key ‹masked:TOKEN›': 1 }, { 'key abc': 1 })).toBe(true)
  expect(equalsMasked({ '‹masked:TOKEN›': 1, '‹masked:TOKEN› 2': 2 }, { abc: 1, 'abc 2': 2 })).toBe(true)
  expect(equalsMasked({ '‹masked:TOKEN›': 1 }, { abc: 2 })).toBe(false)
})
