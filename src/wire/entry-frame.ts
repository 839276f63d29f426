/** Server frames: one entry, encoded and framed once per format, whatever the number of its live readers. */
import type { Entry, Json } from '../log/events.ts'
import { CLIENT_TYPES } from './frame.ts'
import type { MessagePack } from './msgpack.ts'

/** An entry as clients see it. */
export interface EntryFrame {
  readonly type: string
  readonly data: Json
  /** The entry's `aseq`: 1, 2, 3 … per agent. */
  readonly seq: number
  /** When it was appended, seconds since 1970. */
  readonly ts: number
  readonly origin: 'agent' | 'server'
  readonly source?: string
  /** Id that the client gave the event: what lets it leave the outbox. */
  readonly id?: string
}

/** How a connection wants its entries: JSON text, or binary frames made by the codec. */
export type Format = 'json' | MessagePack

/** The entry as clients see it. */
export function entryFrame(entry: Entry): EntryFrame {
  const own =
    entry.type === 'agent_activity' ? { type: entry.data.event, data: entry.data.data } : { type: entry.type, data: entry.data as Json }
  return {
    ...own,
    seq: entry.aseq ?? 0,
    ts: Date.parse(entry.time) / 1000,
    origin: isFromAgent(entry) ? 'agent' : 'server',
    ...(entry.source === undefined ? {} : { source: entry.source }),
    ...(entry.id === undefined ? {} : { id: entry.id }),
  }
}

/** A WebSocket message with this entry, ready for any number of sockets. */
export function encodeEntry(entry: Entry, format: Format): Uint8Array {
  if (last.entry !== entry) last = { entry, json: null, binary: null }
  if (format === 'json') return (last.json ??= encode(entryFrame(entry), format))
  return (last.binary ??= encode(entryFrame(entry), format))
}

/** A WebSocket message with any value. */
export function encode(value: unknown, format: Format): Uint8Array {
  if (format === 'json') return textMessage(JSON.stringify(value))
  const payload = format.encode(value)
  const { frame, headBytes } = emptyMessage(BINARY, payload.length)
  frame.set(payload, headBytes)
  return frame
}

/** All readers of an entry ask one after the other. Kept by the entry, its frames would stay as long as anybody keeps it. */
let last: { readonly entry: Entry | null; json: Uint8Array | null; binary: Uint8Array | null } = { entry: null, json: null, binary: null }

/** `disconnected` is noticed here but is the agent's doing; `agent_exited` is what the driver found. */
function isFromAgent(entry: Entry): boolean {
  return entry.by === 'world' && (CLIENT_TYPES.has(entry.type) || entry.type === 'agent_activity' || entry.type === 'disconnected')
}

const [TEXT, BINARY] = [0x81, 0x82]

function textMessage(text: string): Uint8Array {
  const { frame, headBytes } = emptyMessage(TEXT, Buffer.byteLength(text))
  frame.write(text, headBytes)
  return frame
}

/** One unmasked, final frame (RFC 6455, 5.2): the same bytes for every client. Its payload is still to be filled in. */
function emptyMessage(opcode: number, size: number): { frame: Buffer; headBytes: number } {
  const headBytes = size < 126 ? 2 : size < 65_536 ? 4 : 10
  const frame = Buffer.allocUnsafe(headBytes + size)
  frame[0] = opcode
  frame[1] = size < 126 ? size : size < 65_536 ? 126 : 127
  if (headBytes === 4) frame.writeUInt16BE(size, 2)
  if (headBytes === 10) frame.writeBigUInt64BE(BigInt(size), 2)
  return { frame, headBytes }
}
