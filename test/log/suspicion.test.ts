import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import type { Json } from '../../src/log/events.ts'
import { toJson } from '../../src/log/json.ts'
import { redactor } from '../../src/log/redact.ts'
import { SURROGATE_HINT, suspicion } from '../../src/log/suspicion.ts'

const letters = fc.constantFrom('a', 'B', '9', '_', '-', '"', '\\', '\n', '\u0001', 'é', '→', '🦦', '/', 'e', ' ')
const word = fc.string({ unit: letters, maxLength: 12 })
const secret = fc.string({ unit: letters, minLength: 8, maxLength: 20 })
const key = (length: number) => fc.string({ unit: fc.constantFrom('a', 'B', '7', 'z'), minLength: length, maxLength: length + 9 })
const shaped = fc.oneof(
  key(20).map((body) => `sk-${body}`),
  fc.tuple(fc.constantFrom('ant', 'proj', 'svcacct', 'admin', 'or', 'None'), key(16)).map(([kind, body]) => `sk-${kind}-${body}`),
  fc.tuple(fc.constantFrom('o', 'p', 's', 'u', 'r'), key(20)).map(([kind, body]) => `gh${kind}_${body}`),
  key(20).map((body) => `github_pat_${body}`),
  fc
    .tuple(fc.constantFrom('AKIA', 'ASIA'), fc.string({ unit: fc.constantFrom('A', '7'), minLength: 16, maxLength: 16 }))
    .map((parts) => parts.join('')),
  key(10).map((body) => `xoxb-${body}`),
  key(30).map((body) => `AIza${body}`),
  fc.constantFrom('-----BEGIN PRIVATE KEY-----', '-----BEGIN PGP PRIVATE KEY BLOCK-----'),
  fc.tuple(fc.constantFrom('B', 'b'), key(20)).map(([b, body]) => `${b}earer ${body}`),
  fc.tuple(key(9), key(9)).map(([head, body]) => `eyJ${head}.${body}.`),
)

/** A value with a text somewhere in it: as a value, in a list, as a key. */
const somewhere = (text: string): fc.Arbitrary<Json> =>
  fc.constantFrom<Json>(text, [0, text], { a: { b: [text] } }, { [text]: 1 }, { 'é→': [{ [`x ${text}`]: null }] })

const holding = (what: fc.Arbitrary<string>) =>
  fc.tuple(word, what, word).chain(([before, text, after]) => fc.tuple(fc.constant(text), somewhere(`${before} ${text} ${after}`)))

describe('one look at the text of a value', () => {
  property.prop([holding(shaped)])('never misses what a walk through it would mask by its shape', ([, value]) => {
    const redact = redactor({})
    expect(redact(value)).not.toStrictEqual(value)
    expect(redact.suspects(JSON.stringify(value))).toBe(true)
  })

  test.each([
    'sk-or-0123456789abcdef',
    'sk-ant-0123456789abcdef',
    'sk-0123456789abcdefghij',
    'ghr_0123456789abcdefghij',
    'github_pat_0123456789abcdefghij',
    'ASIA0123456789ABCDEF',
    'xoxa-0123456789',
    `AIza${'0'.repeat(30)}`,
    'bearer 0123456789abcdefghij',
    'eyJ01234567.01234567.',
  ])('sees %s, the shortest of its shape', (text) => {
    expect(redactor({})(text)).toContain('‹masked:')
    expect(redactor({}).suspects(JSON.stringify(text))).toBe(true)
  })

  property.prop([holding(secret), secret])('never misses a value of a secret variable, however JSON escapes it', ([one, value], other) => {
    fc.pre(one.trim() === one)
    const redact = redactor({ ONE_KEY: one, OTHER_KEY: other })
    if (redact(value) !== value) expect(redact.suspects(JSON.stringify(value))).toBe(true)
    expect(suspicion([other, one], ['\\u0002'])(JSON.stringify(value))).toBe(true)
  })

  property.prop([fc.jsonValue({ stringUnit: 'binary' }), word, fc.constantFrom('\ud83e', '\udda6', '\ud800x', '\udfff')])(
    'never misses a lone surrogate',
    (value, key, lone) => {
      const suspects = suspicion([], [SURROGATE_HINT])
      for (const each of [{ [key]: [lone, value] }, { [`${key}${lone}.`]: value }, value])
        expect(suspects(JSON.stringify(each)) || JSON.stringify(toJson(each)) === JSON.stringify(each)).toBe(true)
    },
  )

  property.prop([fc.jsonValue({ stringUnit: 'grapheme' }), shaped])('masks just what a walk through every value masks', (value, text) => {
    const redact = redactor({ ONE_KEY: 'Zm9vYmFyYmF6' })
    for (const each of [value, [value, text], { [text]: value, a: 'Zm9vYmFyYmF6' }]) {
      const looked = redact.suspects(JSON.stringify(each)) ? redact(each as Json) : each
      expect(looked).toStrictEqual(redact(each as Json))
    }
  })

  test.each([
    'task-12 is done, sk-learn is a library',
    'github_path, ghost_writer',
    'the bearer of this letter',
    'monkey Jar, they Jump, eyes',
    'a KEY, a PRIVATE room, RUSSIA',
    'C:\\users, \\udon',
  ])('%j needs no second one', (text) => {
    expect(redactor({ A_TOKEN: 'correct-horse-battery' }).suspects(JSON.stringify(text))).toBe(false)
  })
})
