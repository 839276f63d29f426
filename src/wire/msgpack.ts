/**
 * The binary form of the same frames. The codec is loaded when the first client asks for it. A MessagePack head of
 * five bytes can promise four thousand million items, so what a frame promises is checked before it is decoded.
 */
import { toJson } from '../log/json.ts'
import type { Frame } from './frame.ts'
import { FRAME_DEPTH_MAX, ignored, readFrame, tooDeep } from './frame.ts'

export interface MessagePack {
  parse(bytes: Uint8Array): Frame
  encode(value: unknown): Uint8Array
}

/** Loads the codec. Rejects when `@msgpack/msgpack` cannot be imported. */
export async function loadMessagePack(): Promise<MessagePack> {
  const { decode, encode } = await import('@msgpack/msgpack')
  return {
    parse: (bytes) => parse(bytes, decode),
    encode: (value) => encode(value),
  }
}

function parse(bytes: Uint8Array, decode: (bytes: Uint8Array) => unknown): Frame {
  switch (survey(bytes)) {
    case 'deep':
      return tooDeep()
    case 'torn':
      return ignored('malformed MessagePack')
    case 'fits':
      try {
        return readFrame(toJson(textOfBytes(decode(bytes))))
      } catch {
        return ignored('malformed MessagePack')
      }
  }
}

/** The log is JSON: bytes are kept as base64, which loses nothing. */
function textOfBytes(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
  if (Array.isArray(value)) return value.map(textOfBytes)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, textOfBytes(each)]))
}

/** Walks over the heads of all values: no deeper than allowed, no longer than the bytes that are there. */
function survey(bytes: Uint8Array): 'fits' | 'deep' | 'torn' {
  const open: number[] = []
  let offset = 0
  do {
    const head = headAt(bytes, offset)
    if (head === null || head.next > bytes.length || head.items > bytes.length - head.next) return 'torn'
    offset = head.next
    if (open.length > 0) open[open.length - 1]! -= 1
    if (head.items > 0 || head.nests) open.push(head.items)
    if (open.length > FRAME_DEPTH_MAX) return 'deep'
    while (open.at(-1) === 0) open.pop()
  } while (open.length > 0)
  return offset === bytes.length ? 'fits' : 'torn'
}

interface Head {
  /** Offset of what follows this value, or of its first item. */
  readonly next: number
  /** How many values belong to it. */
  readonly items: number
  readonly nests: boolean
}

/** The head at `offset`; null when there is none, or it is an extension: JSON has no such thing. */
function headAt(bytes: Uint8Array, offset: number): Head | null {
  const byte = bytes[offset]
  if (byte === undefined) return null
  if (byte <= 0x7f || byte >= 0xe0) return scalar(offset + 1)
  if (byte <= 0x8f) return nest(offset + 1, (byte & 0x0f) * 2)
  if (byte <= 0x9f) return nest(offset + 1, byte & 0x0f)
  if (byte <= 0xbf) return scalar(offset + 1 + (byte & 0x1f))
  const sized = SIZED.get(byte)
  if (!sized) return FIXED.has(byte) ? scalar(offset + 1 + FIXED.get(byte)!) : null
  const size = unsigned(bytes, offset + 1, sized.bytes)
  const after = offset + 1 + sized.bytes
  return sized.kind === 'bytes' ? scalar(after + size) : nest(after, sized.kind === 'map' ? size * 2 : size)
}

/** nil, booleans, floats, integers: bytes after the head. */
const FIXED = new Map([
  [0xc0, 0],
  [0xc2, 0],
  [0xc3, 0],
  [0xca, 4],
  [0xcb, 8],
  [0xcc, 1],
  [0xcd, 2],
  [0xce, 4],
  [0xcf, 8],
  [0xd0, 1],
  [0xd1, 2],
  [0xd2, 4],
  [0xd3, 8],
])
/** Strings, binaries, arrays, maps: how many bytes hold their size. */
const SIZED = new Map<number, { readonly kind: 'bytes' | 'array' | 'map'; readonly bytes: number }>([
  [0xc4, { kind: 'bytes', bytes: 1 }],
  [0xc5, { kind: 'bytes', bytes: 2 }],
  [0xc6, { kind: 'bytes', bytes: 4 }],
  [0xd9, { kind: 'bytes', bytes: 1 }],
  [0xda, { kind: 'bytes', bytes: 2 }],
  [0xdb, { kind: 'bytes', bytes: 4 }],
  [0xdc, { kind: 'array', bytes: 2 }],
  [0xdd, { kind: 'array', bytes: 4 }],
  [0xde, { kind: 'map', bytes: 2 }],
  [0xdf, { kind: 'map', bytes: 4 }],
])

function unsigned(bytes: Uint8Array, offset: number, count: number): number {
  let value = 0
  // A missing byte makes the size infinite, which `survey` never accepts.
  for (let index = 0; index < count; index += 1) value = value * 256 + (bytes[offset + index] ?? Infinity)
  return value
}

function scalar(next: number): Head {
  return { next, items: 0, nests: false }
}

function nest(next: number, items: number): Head {
  return { next, items, nests: true }
}
