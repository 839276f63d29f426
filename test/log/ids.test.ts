import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { checkName, isRunId, type NameKind, RUN_ID_BYTES, runIdFrom } from '../../src/log/ids.ts'
import { ADJECTIVES, ANIMALS } from '../../src/log/words.ts'

const sevenBytes = fc.uint8Array({ minLength: RUN_ID_BYTES, maxLength: RUN_ID_BYTES })

describe('run ids', () => {
  property.prop([sevenBytes])('are words that isRunId knows', (bytes) => {
    expect(isRunId(runIdFrom(bytes))).toBe(true)
  })

  property.prop([sevenBytes, sevenBytes])('differ when the random part differs', (a, b) => {
    fc.pre(Buffer.compare(a.subarray(2), b.subarray(2)) !== 0)
    expect(runIdFrom(a)).not.toBe(runIdFrom(b))
  })

  test('are the same for the same bytes, for ever', () => {
    expect(runIdFrom(new Uint8Array(7))).toBe('able-alpaca-00000000')
    expect(runIdFrom(new Uint8Array(7).fill(255))).toBe('witty-wren-zzzzzzzz')
  })

  test('need 7 bytes', () => {
    expect(() => runIdFrom(new Uint8Array(6))).toThrow(RangeError)
  })

  test.each([
    '',
    '..',
    'brisk-otter',
    'brisk-otter-4q7m2xk',
    'Brisk-otter-4q7m2xk9',
    'brisk-otter-4q7m2xk9/..',
    'brisk-otter-4q7m2xk9\n',
    'brisk-otter-4q7m2xki',
  ])('%j is none', (text) => {
    expect(isRunId(text)).toBe(false)
  })

  test('have at least 128 different words on each side', () => {
    for (const words of [ADJECTIVES, ANIMALS]) expect(new Set(words).size).toBe(128)
  })
})

describe('names', () => {
  const WORDS: NameKind[] = ['agent', 'process', 'tool', 'endpoint', 'machine']
  const LABELS: NameKind[] = ['step', 'branch']

  test.each(WORDS)('a plain word is a legal %s name', (kind) => {
    expect(checkName(kind, 'worker_3-b')).toBe('worker_3-b')
    expect(checkName(kind, 'a'.repeat(64))).toHaveLength(64)
  })

  const REFUSED = ['', '3rd', '-t', '_x', '../../x', 'a;b', 'a b', 'a.b', 'é', '🦦', 'a\n', 'a'.repeat(65), 5, null, undefined, {}]
  test.each(WORDS)('anything else is refused as a %s name, and shown', (kind) => {
    for (const name of REFUSED) expect(() => checkName(kind, name)).toThrow(expect.objectContaining({ code: 'ERR_BAD_NAME' }))
    expect(() => checkName(kind, '../../x')).toThrow(`The ${kind} name "../../x" is not allowed`)
  })

  test.each(LABELS)('a %s may be a phrase, but no part of a scope path', (kind) => {
    expect(checkName(kind, 'read the café menu')).toBe('read the café menu')
    for (const name of ['', 'a/b', 'a#1', 'f(x', 'x)', 'a\u0000b', 'a\nb', 'a\u202eb', '\ud800', 'a'.repeat(201)])
      expect(() => checkName(kind, name)).toThrow(/not allowed/)
  })

  test('an event may be called anything printable', () => {
    expect(checkName('event', 'user/created #1 (beta)')).toBe('user/created #1 (beta)')
    expect(() => checkName('event', 'a\u0007')).toThrow(/not allowed/)
  })
})
