import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { cut, isDeeper, textOf, thinkingCharacters } from '../../extension/text.ts'

property.prop([fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 40 })])(
  'a cut is the longest beginning of whole characters that fits',
  (text, bytesMax) => {
    const short = cut(text, bytesMax)
    expect(text.startsWith(short.text)).toBe(true)
    expect(Buffer.byteLength(short.text)).toBeLessThanOrEqual(bytesMax)
    expect(short.truncated).toBe(short.text !== text)
    expect(short.bytes).toBe(Buffer.byteLength(text))
    const next = [...text.slice(short.text.length)][0] ?? ''
    if (short.truncated) expect(Buffer.byteLength(short.text + next)).toBeGreaterThan(bytesMax)
  },
)

test('a bound of 0 is none', () => expect(cut('x'.repeat(100_000), 0).truncated).toBe(false))

test('the text of a message is its visible text, its thinking only a number', () => {
  const content = [
    { type: 'thinking', thinking: 'secret' },
    { type: 'text', text: 'a' },
    { type: 'toolCall', id: '1' },
    null,
    { type: 'text', text: 'b' },
  ]
  expect([textOf(content), textOf('plain'), textOf(undefined)]).toEqual(['ab', 'plain', ''])
  expect(thinkingCharacters(content)).toBe(6)
})

test('depth counts arrays and objects', () => {
  expect([isDeeper(1, 0), isDeeper([], 0), isDeeper([[]], 1), isDeeper({ a: [1] }, 2)]).toEqual([false, true, true, false])
})
