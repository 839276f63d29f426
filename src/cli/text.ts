/** Text that came from somewhere else, made safe and measured for a terminal. */
import { stripVTControlCharacters } from 'node:util'

/**
 * `text` on one line without anything a terminal would obey: escape sequences are removed, other control characters and
 * those that turn the direction of text are shown as symbols, line ends as ⏎. Reads at most `charsMax` characters.
 */
export function plain(text: string, charsMax = 4096): string {
  const part = text.length > charsMax ? text.slice(0, charsMax) : text
  if (HARMLESS.test(part)) return part
  return stripVTControlCharacters(part.toWellFormed()).replace(/\r\n/g, '\n').replace(HOSTILE, symbolFor)
}

/** `text` over several lines, each of them safe. */
export function plainLines(text: string): string {
  return stripVTControlCharacters(text.toWellFormed()).replace(HOSTILE, (char) => (char === '\n' ? char : symbolFor(char)))
}

/** How many columns `text` takes in a terminal: wide characters and emoji two, marks none. Expects text without controls. */
export function displayWidth(text: string): number {
  if (ASCII.test(text)) return text.length
  let columns = 0
  for (const { segment } of graphemes.segment(text)) columns += graphemeWidth(segment)
  return columns
}

/** `text` in at most `columns`, cut between characters and ended with … when something is missing. */
export function fit(text: string, columns: number): string {
  if (columns <= 0) return ''
  if (text.length <= columns && ASCII.test(text)) return text
  // No character is narrower than nothing, so a text this long never fits: measuring all of it would be for nothing.
  if (text.length <= columns * 8 && displayWidth(text) <= columns) return text
  let used = 0
  let kept = ''
  for (const { segment } of graphemes.segment(text.slice(0, columns * 8))) {
    const wide = graphemeWidth(segment)
    if (used + wide > columns - 1) break
    used += wide
    kept += segment
  }
  return `${kept}…`
}

/** `text` cut or filled up to exactly `columns`. */
export function cell(text: string, columns: number, align: 'left' | 'right' = 'left'): string {
  const fitted = fit(text, columns)
  const gap = ' '.repeat(Math.max(0, columns - displayWidth(fitted)))
  return align === 'left' ? fitted + gap : gap + fitted
}

const ASCII = /^[\x20-\x7e]*$/
const HARMLESS = /^[\x20-\x7e]*$/
/** C0, DEL and C1 controls, line and paragraph separators, direction marks and overrides, and invisible tag characters. */
const HOSTILE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu

function symbolFor(char: string): string {
  const code = char.charCodeAt(0)
  if (code === 0x0a || code === 0x2028 || code === 0x2029) return '⏎'
  if (code === 0x09) return ' '
  if (code < 0x20) return String.fromCharCode(0x2400 + code)
  return code === 0x7f ? '␡' : '�'
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })
const EMOJI = /\p{Emoji_Presentation}|\p{Emoji}\ufe0f|\p{RI}{2}/u
const ZERO = /^[\p{Mn}\p{Me}\p{Cf}]+$/u

function graphemeWidth(grapheme: string): number {
  const code = grapheme.codePointAt(0) ?? 0
  if (code < 0x300) return EMOJI_VS.test(grapheme) ? 2 : 1
  if (ZERO.test(grapheme)) return 0
  return EMOJI.test(grapheme) || isWide(code) ? 2 : 1
}

/** Digits and signs that a variation selector turns into an emoji. */
const EMOJI_VS = /\ufe0f/u

/** East Asian Wide and Fullwidth, by blocks: first and last code point of each. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18cff],
  [0x1aff0, 0x1b2ff],
  [0x1f200, 0x1f2ff],
  [0x20000, 0x2fffd],
  [0x30000, 0x3fffd],
]

function isWide(code: number): boolean {
  return WIDE.some(([first, last]) => code >= first && code <= last)
}
