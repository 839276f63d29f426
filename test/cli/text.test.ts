import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { cell, fit as cutTo, displayWidth, plain, plainLines } from '../../src/cli/text.ts'

/** Everything that moves a cursor, changes colours, rings, sets a title or turns the direction of text. */
const OBEYED = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|[\u{e0000}-\u{e007f}]|\p{Surrogate}/u

const hostile = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      '\u001b[2J',
      '\u001b]0;owned\u0007',
      '\u001b]8;;http://x\u0007',
      '\u009b31m',
      '\u001bP',
      '\r',
      '\n',
      '\u202e',
      '\u2066',
      '\u0000',
      '\u007f',
      '\ud800',
      '👩‍👩‍👧',
      '漢',
      'e\u0301',
      '\u200d',
    ),
    fc.string({ unit: 'binary', maxLength: 3 }),
  ),
})

describe('plain', () => {
  test.prop([hostile])('leaves nothing in a text that a terminal would obey', (text) => {
    expect(plain(text)).not.toMatch(OBEYED)
    expect(plainLines(text).replaceAll('\n', '')).not.toMatch(OBEYED)
  })

  it('keeps what people can read', () => {
    expect(plain('Grüße, 世界 👩‍👩‍👧 שלום')).toBe('Grüße, 世界 👩‍👩‍👧 שלום')
    expect(plain('\u001b[31mred\u001b[0m and\r\nnext\tcell')).toBe('red and⏎next cell')
    expect(plain('\u0007bell \u202egnp.exe')).toBe('␇bell �gnp.exe')
  })

  it('looks at a bounded part of a text of any length', () => {
    expect(plain('x'.repeat(1_000_000)).length).toBe(4096)
  })
})

describe('displayWidth', () => {
  it.for([
    ['abc', 3],
    ['漢字', 4],
    ['e\u0301', 1],
    ['👍', 2],
    ['👩‍👩‍👧', 2],
    ['🇫🇷', 2],
    ['❤️', 2],
    ['ｆｕｌｌ', 8],
    ['한', 2],
    ['⚒', 1],
    ['→', 1],
    ['é', 1],
    ['', 0],
  ] as const)('of %j is %i', ([text, width]) => {
    expect(displayWidth(text)).toBe(width)
  })
})

describe('fit', () => {
  test.prop([hostile.map((text) => plain(text)), fc.integer({ min: 1, max: 40 })])(
    'never takes more columns than it was given',
    (text, columns) => {
      expect(displayWidth(cutTo(text, columns))).toBeLessThanOrEqual(columns)
      expect(displayWidth(cell(text, columns))).toBe(columns)
    },
  )

  test.prop([fc.string(), fc.integer({ min: 1, max: 40 })])('leaves alone what has room, and says with … what has not', (raw, columns) => {
    const text = plain(raw)
    const fitted = cutTo(text, columns)
    expect(fitted === text).toBe(displayWidth(text) <= columns)
    if (fitted !== text) expect(fitted.endsWith('…')).toBe(true)
  })

  it('cuts between characters, not inside of one', () => {
    expect([cutTo('漢字漢字', 4), cutTo('👩‍👩‍👧👍', 3), cutTo('abc', 0)]).toEqual(['漢…', '👩‍👩‍👧…', ''])
  })
})
