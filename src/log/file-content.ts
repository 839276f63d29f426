/** Bytes of files as JSON and back. */
import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import type { FileContent } from './events.ts'

/** The digest of the bytes, and the bytes as text when they are valid UTF-8, as base64 otherwise. */
export function contentOf(bytes: Uint8Array): { readonly sha256: string; readonly content: FileContent } {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const text = buffer.toString('utf8')
  const content = Buffer.from(text).equals(buffer) ? { text } : { base64: buffer.toString('base64') }
  return { sha256: createHash('sha256').update(buffer).digest('hex'), content }
}

export function bytesOf(content: FileContent): Uint8Array {
  return 'text' in content ? Buffer.from(content.text) : Buffer.from(content.base64, 'base64')
}
