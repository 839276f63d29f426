import { fc, test } from '@fast-check/vitest'
import { expect, it } from 'vitest'
import { containsGlob } from '../../src/projections/glob.ts'
import { jsonMayContain } from '../../src/projections/glob-json.ts'

/** JSON as other writers spell it: any character may be an escape. */
function spelled(value: unknown, escapes: (character: string) => boolean): string {
  const text = JSON.stringify(value)
  return text.replace(/[^"\\{}[\]:,]/g, (character) => {
    if (!escapes(character) || !/[a-z]/i.test(character)) return character
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

function mayContain(json: string, pattern: string): boolean {
  return jsonMayContain(pattern)?.(Buffer.from(json).toString('latin1')) ?? true
}

/** Letters that are escaped, that others become in lower case, and that stand for others in a pattern. */
const letters = fc.constantFrom(...'abkiKIst 12.-_/:,"\\*\n\u001b\u212a\u0130ßé→😀')
const texts = fc.string({ unit: letters, maxLength: 12 })

test.prop([texts, fc.nat(), fc.nat()])('what a text holds is never refused, whatever had to be escaped in it', (text, from, length) => {
  const pattern = text.slice(from % (text.length + 1)).slice(0, 1 + (length % 5))
  if (containsGlob(text, pattern)) expect(mayContain(JSON.stringify({ text }), pattern)).toBe(true)
  if (containsGlob(text, pattern.toUpperCase())) expect(mayContain(JSON.stringify({ text }), pattern.toUpperCase())).toBe(true)
})

test.prop([texts, texts])('a pattern is never refused where it is, with stars in it or not', (text, pattern) => {
  if (containsGlob(text, pattern)) expect(mayContain(JSON.stringify(text), pattern)).toBe(true)
})

test.prop([fc.string({ unit: fc.constantFrom(...'abk'), minLength: 1, maxLength: 6 }), fc.func(fc.boolean())])(
  'a writer that spells letters as escapes is understood',
  (text, escapes) => {
    expect(mayContain(spelled({ text }, escapes), text)).toBe(true)
  },
)

it('knows every character that becomes a letter of ASCII in lower case', () => {
  const found: string[] = []
  for (let code = 128; code < 0x1_0000; code += 1) {
    const character = String.fromCharCode(code)
    for (const letter of character.toLowerCase()) {
      if (letter > '\u007f') continue
      found.push(character)
      expect(mayContain(JSON.stringify(`x${character}`), letter)).toBe(true)
    }
  }
  expect(found).toEqual(['\u0130', '\u212a'])
})

it('refuses what is not there, for most patterns', () => {
  const json = JSON.stringify({ command: 'npm test', output: '\u001b[31m1 failed\u001b[0m\n"quoted"' })
  expect(['yarn', 'npm tests', 'failing', 'quotes "', 'src/app.ts'].map((pattern) => mayContain(json, pattern))).toEqual([
    false,
    false,
    false,
    false,
    false,
  ])
  // These parts are there; whether they are in their order is not asked of bytes.
  expect(['TEST*NPM', 'command: npm', '"quoted"'].map((pattern) => mayContain(json, pattern))).toEqual([true, true, true])
})

it.for(['', '*', ' : ', '→é', '"\\\\"'])('says nothing about %j, which has nothing that stands in JSON as in a text', (pattern) => {
  expect(jsonMayContain(pattern)).toBeNull()
})
