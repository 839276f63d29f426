import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { boundedOutput } from '../../src/machines/bounded-output.ts'

const chunks = fc.array(fc.string({ unit: 'grapheme', maxLength: 30 }), { maxLength: 20 })

property.prop([chunks, fc.integer({ min: 8, max: 60 })])(
  'what fits is kept whole; else beginning and end, in whole characters',
  (texts, bytesMax) => {
    const output = boundedOutput(bytesMax)
    for (const text of texts) output.push(Buffer.from(text))
    const all = texts.join('')
    const bytes = Buffer.byteLength(all)
    const kept = output.text()
    if (bytes <= 2 * Math.floor(bytesMax / 2)) {
      expect(kept).toBe(all)
      return
    }
    const [, head, leftOut, tail] = /^([^]*?)\n\[(\d+) bytes left out\]\n([^]*)$/.exec(kept) ?? []
    expect(Number(leftOut)).toBe(bytes - 2 * Math.floor(bytesMax / 2))
    expect(all.startsWith(head ?? '?') && all.endsWith(tail ?? '?')).toBe(true)
    expect(Buffer.byteLength(`${head}${tail}`)).toBeGreaterThan(bytesMax - 2 - 6)
  },
)

test('many small pieces cost no more than one large one would', () => {
  const output = boundedOutput(4 * 1024 * 1024)
  const startedAt = performance.now()
  for (let count = 0; count < 40_000; count += 1) output.push(Buffer.alloc(100, 'x'))
  expect(output.text()).toHaveLength(4_000_000)
  // Joined one by one, the first half alone took 4 s.
  expect(performance.now() - startedAt).toBeLessThan(2_000)
})
