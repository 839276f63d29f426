import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { encodeEntry } from '../../src/log/codec.ts'
import { lineBuffer } from '../../src/log/line-buffer.ts'
import { anyDataText, anyEntry } from './envelopes.ts'

const batches = fc.array(fc.array(fc.tuple(anyEntry, anyDataText, fc.integer({ min: 0, max: 9 })), { maxLength: 12 }), { maxLength: 5 })

property.prop([batches])('lines come out in order as UTF-8, however many there are and whatever is in them', (all) => {
  const lines = lineBuffer()
  for (const batch of all) {
    const expected = batch.map(([entry, data]) => `${encodeEntry(entry, data)}\n`)
    for (const [entry, data, dice] of batch) {
      if (dice === 0) lines.add(encodeEntry(entry, data))
      else lines.addEntry(entry, data)
      expect(lines.bytesMin).toBeGreaterThan(0)
      // Who looks in the middle sees all of it, and may go on.
      if (dice === 1) expect(lines.utf8().length).toBeGreaterThanOrEqual(lines.bytesMin)
    }
    expect(Buffer.from(lines.utf8()).toString()).toBe(expected.join(''))
    expect(lines.bytesMin).toBe(lines.utf8().length)
    lines.clear()
    expect(lines.bytesMin).toBe(0)
  }
})

test('more than fits into one piece comes out whole', () => {
  const [entry] = fc.sample(anyEntry, 1)
  if (entry === undefined) throw new Error('One was asked for.')
  const lines = lineBuffer()
  for (let batch = 0; batch < 3; batch += 1) {
    const data = JSON.stringify('→🦦 "é"'.repeat(60))
    for (let n = 0; n < 500; n += 1) lines.addEntry({ ...entry, seq: n + 1 }, data)
    const text = Buffer.from(lines.utf8()).toString()
    expect(text).toBe(Array.from({ length: 500 }, (_, n) => `${encodeEntry({ ...entry, seq: n + 1 }, data)}\n`).join(''))
    lines.clear()
  }
})
