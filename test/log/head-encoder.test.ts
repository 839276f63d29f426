import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { encodeEntry } from '../../src/log/codec.ts'
import type { Entry } from '../../src/log/events.ts'
import { headEncoder } from '../../src/log/head-encoder.ts'
import { anyEntry } from './envelopes.ts'

const units = new Uint16Array(4096)

function written(from: number, end: number): string {
  return String.fromCharCode(...units.subarray(from, end))
}

property.prop([fc.array(fc.tuple(anyEntry, fc.boolean()), { maxLength: 40 }), fc.nat({ max: 50 })])(
  'a head, as text and as units, is that of its entry, whatever came before it',
  (entries, at) => {
    const heads = headEncoder()
    for (const [entry, isText] of entries) {
      const head = isText ? heads.text(entry) : written(at, heads.write(entry, units, at, units.length - at))
      expect(`${head}null}`).toBe(encodeEntry(entry, 'null'))
    }
  },
)

property.prop([fc.array(anyEntry, { minLength: 1, maxLength: 5 }), fc.nat({ max: 400 })])(
  'a head is written within its room, or not at all',
  (entries, room) => {
    const heads = headEncoder()
    for (const entry of entries) {
      const end = heads.write(entry, units, 10, room)
      if (end !== -1) expect(end).toBeLessThanOrEqual(10 + room)
      else expect(encodeEntry(entry, 'null').length + 128).toBeGreaterThan(room)
    }
  },
)

test.each([0, 9, 10, 99_999, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER, -1, 1.5, Number.NaN])(
  'the number %d is spelled as JSON spells it, if it can',
  (aseq) => {
    const entry: Entry = { seq: 1, time: '', type: 'disconnected', by: 'world', scope: '/', agent: 'a', aseq, data: {} }
    const heads = headEncoder()
    expect(written(0, heads.write(entry, units, 0, units.length))).toBe(heads.text(entry))
  },
)
