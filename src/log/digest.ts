import { createHash } from 'node:crypto'
import type { Json } from './events.ts'
import { canonical } from './json.ts'

/** The first 32 hex digits of the sha256 of the canonical JSON of a value: equal values, equal digests. */
export function digest(value: Json): string {
  return sha256Hex(canonical(value)).slice(0, 32)
}

/** sha256 of bytes, or of a text's UTF-8, as 64 hex digits. */
export function sha256Hex(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}
