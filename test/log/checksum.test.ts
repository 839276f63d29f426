import { crc32 } from 'node:zlib'
import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { checkPrefix, EMPTY, extend } from '../../src/log/checksum.ts'

const blocks = fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 8 })

property.prop([blocks])('a checksum does not depend on how the bytes came in pieces', (pieces) => {
  const whole = Buffer.concat(pieces)
  expect(pieces.reduce(extend, EMPTY)).toStrictEqual({ bytes: whole.length, crc32: crc32(whole) })
})

property.prop([blocks, blocks])('what follows a prefix does not matter to it', (before, after) => {
  const expected = before.reduce(extend, EMPTY)
  expect(checkPrefix([Buffer.concat([...before, ...after])], expected)).toBe('same')
  expect(checkPrefix([...before, ...after], expected)).toBe('same')
})

property.prop([fc.uint8Array({ minLength: 1, maxLength: 100 }), fc.nat(), fc.integer({ min: 1, max: 255 })])(
  'every changed byte is noticed, and every missing one',
  (bytes, place, change) => {
    const expected = extend(EMPTY, bytes)
    const changed = Uint8Array.from(bytes)
    changed[place % bytes.length] = (changed[place % bytes.length] ?? 0) ^ change
    expect(checkPrefix([changed], expected)).toBe('differs')
    expect(checkPrefix([bytes.subarray(0, place % bytes.length)], expected)).toBe('short')
  },
)

test('no more of a file is read than the checksum counts', () => {
  let read = 0
  const endless = function* () {
    for (;;) {
      read += 1
      yield Uint8Array.of(1, 2, 3)
    }
  }
  expect(checkPrefix(endless(), extend(EMPTY, Uint8Array.of(1, 2, 3, 1)))).toBe('same')
  expect(read).toBe(2)
})
