import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { BLOB_BYTES_MIN, externalise, needsBlobs, resolve } from '../../src/log/blob.ts'
import { sha256Hex } from '../../src/log/digest.ts'
import type { Json } from '../../src/log/events.ts'
import { toJson } from '../../src/log/json.ts'

function bag(): {
  readonly blobs: Map<string, Uint8Array>
  put(sha256: string, bytes: Uint8Array): void
  get(sha256: string): Promise<Uint8Array | null>
} {
  const blobs = new Map<string, Uint8Array>()
  return { blobs, put: (sha256, bytes) => void blobs.set(sha256, bytes), get: async (sha256) => blobs.get(sha256) ?? null }
}

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('x', 'é', '🦦', '\ufeff').map((unit) => unit.repeat(BLOB_BYTES_MIN)),
)
const key = fc.oneof(fc.constantFrom('$blob', '$$blob', '$$$blob', 'blob', '__proto__', 'bytes', 'preview'), fc.string())
const { json } = fc.letrec<{ json: Json }>((tie) => ({
  json: fc
    .oneof(
      { maxDepth: 3 },
      text,
      fc.constant(`sha256:${'0'.repeat(64)}`),
      fc.integer(),
      fc.array(tie('json'), { maxLength: 3 }),
      fc.dictionary(key, tie('json'), { maxKeys: 3 }),
    )
    .map(toJson),
}))

property.prop([json])('what goes out comes back, also what looks like a reference', async (data) => {
  const { put, get } = bag()
  const stored = JSON.stringify(externalise(data, put))
  expect(await resolve(JSON.parse(stored) as Json, get)).toStrictEqual(data)
})

property.prop([json])('data that needs no blob and no escape is the same object', (data) => {
  if (!needsBlobs(JSON.stringify(data)))
    expect(
      externalise(data, () => {
        throw new Error('nothing to put')
      }),
    ).toBe(data)
})

test('a text over 64 KiB of UTF-8 becomes a reference with a preview', () => {
  const { blobs, put } = bag()
  const long = `${'🦦'.repeat(100)}é${'y'.repeat(BLOB_BYTES_MIN)}`
  const bytes = Buffer.from(long)
  expect(externalise({ long, short: 'z'.repeat(BLOB_BYTES_MIN) }, put)).toStrictEqual({
    long: { $blob: `sha256:${sha256Hex(bytes)}`, bytes: bytes.length, preview: '🦦'.repeat(100) },
    short: 'z'.repeat(BLOB_BYTES_MIN),
  })
  expect(blobs.get(sha256Hex(bytes))).toStrictEqual(bytes)
})

test('a preview never ends in half a character', () => {
  const stored = externalise(`a${'🦦'.repeat(BLOB_BYTES_MIN)}`, () => undefined) as { preview: string }
  expect(stored.preview.isWellFormed()).toBe(true)
})

test('a reference nobody can resolve is an error that names it', async () => {
  await expect(resolve({ $blob: `sha256:${'0'.repeat(64)}` }, async () => null)).rejects.toThrow(
    expect.objectContaining({ code: 'ERR_BLOB_MISSING', message: expect.stringContaining('0'.repeat(64)) }),
  )
})
