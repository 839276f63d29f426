/**
 * Client frames: hostile bytes in, checked values out. Nothing here throws, whatever arrives; what a frame may be is
 * bounded before it is built, so that a small frame cannot ask for much memory or stack.
 */

import type { Json, JsonObject } from '../log/events.ts'
import { EVENT_TYPES } from '../log/events.ts'
import { isObject } from '../log/json.ts'
import type { ClientEvent } from './host.ts'
import { readJson } from './json-text.ts'

/** Largest client frame, bytes. A program that an agent hands in fits; what is larger is a file and travels as one. */
export const FRAME_BYTES_MAX = 4 * 1024 * 1024
/** Deepest nesting of arrays and objects in a client frame. */
export const FRAME_DEPTH_MAX = 64
const ID_CHARACTERS_MAX = 200

export type Frame =
  | { readonly kind: 'sync'; readonly after: number }
  | { readonly kind: 'event'; readonly event: ClientEvent }
  /** Not a frame at all: recorded, not answered. */
  | { readonly kind: 'ignored'; readonly why: string }
  /** A frame that asks for what it may not have: recorded, and answered with an error. */
  | Refusal

export interface Refusal {
  readonly kind: 'refused'
  readonly code: 'ERR_FRAME_DEPTH' | 'ERR_FRAME_INVALID' | 'ERR_EVENT_RESERVED'
  readonly message: string
  /** Id of the refused event, when it had one that can be repeated. */
  readonly id?: string
}

/** Reads a JSON frame. Bytes must be UTF-8. */
export function parseFrame(raw: string | Uint8Array): Frame {
  const read = readJson(raw, FRAME_DEPTH_MAX)
  switch (read.kind) {
    case 'value':
      return readFrame(read.value)
    case 'deep':
      return tooDeep()
    case 'malformed':
      return ignored('malformed JSON')
  }
}

/** Reads a frame that was decoded already. */
export function readFrame(value: Json): Frame {
  if (!isObject(value)) return ignored('a frame that is not an object')
  switch (value.type) {
    case 'sync':
      return readSync(value)
    case 'event':
      return readEvent(value)
    default:
      return ignored('a frame whose type is neither `sync` nor `event`')
  }
}

function readSync(frame: JsonObject): Frame {
  const after = frame.after
  if (typeof after === 'number' && Number.isSafeInteger(after) && after >= 0) return { kind: 'sync', after }
  return invalid(`A sync needs \`after\`, a whole number from 0 up; got ${shown(after)}.`, undefined)
}

function readEvent(frame: JsonObject): Frame {
  const { event_type: type, data = {}, id } = frame
  if (id !== undefined && !isId(id)) return invalid(`An event's id is 1 to ${ID_CHARACTERS_MAX} printable ASCII characters.`, undefined)
  if (typeof type !== 'string' || !NAME.test(type))
    return invalid(`An event_type is a letter, then up to 63 of [A-Za-z0-9_.:-]; got ${shown(type)}.`, id)
  if (RESERVED.has(type)) return refused('ERR_EVENT_RESERVED', `Events of type '${type}' come from the server only.`, id)
  if (!isObject(data)) return invalid(`The data of '${type}' must be an object.`, id)
  return { kind: 'event', event: id === undefined ? { type, data } : { type, data, id } }
}

/** Types of the vocabulary that an agent may send. Names outside of the vocabulary are the agent's own activity. */
export const CLIENT_TYPES: ReadonlySet<string> = new Set([
  'register',
  'tool_call',
  'message_applied',
  'turn_start',
  'turn_end',
  'message_start',
  'message_end',
  'pi_tool_start',
  'pi_tool_end',
  'pi_tool_result',
  'usage',
])
const RESERVED: ReadonlySet<string> = new Set(EVENT_TYPES.filter((type) => !CLIENT_TYPES.has(type)))
const NAME = /^[A-Za-z][A-Za-z0-9_.:-]{0,63}$/
const PRINTABLE = /^[\x20-\x7e]+$/

function isId(id: unknown): id is string {
  return typeof id === 'string' && id.length <= ID_CHARACTERS_MAX && PRINTABLE.test(id)
}

/** A value as it may be repeated in a message: short, printable. */
function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value.slice(0, 40).replace(/[^\x20-\x7e]/g, '?')}'`
  return typeof value === 'number' || value === null || value === undefined ? String(value) : typeof value
}

export function ignored(why: string): Frame {
  return { kind: 'ignored', why }
}

export function tooDeep(): Refusal {
  return refused('ERR_FRAME_DEPTH', `A frame may nest at most ${FRAME_DEPTH_MAX} arrays and objects.`, undefined)
}

function invalid(message: string, id: unknown): Refusal {
  return refused('ERR_FRAME_INVALID', message, id)
}

function refused(code: Refusal['code'], message: string, id: unknown): Refusal {
  return isId(id) ? { kind: 'refused', code, message, id } : { kind: 'refused', code, message }
}
