/** A projection's state as JSON, so that a reader can go on from it instead of from the first entry. Always disposable. */
import type { Json } from '../log/events.ts'
import type { Projection } from './projection.ts'

export interface Snapshot {
  readonly projection: string
  readonly version: number
  /** `seq` of the last entry that was applied. */
  readonly seq: number
  readonly state: Json
}

/** Copies `state`, which has seen every entry up to and with `seq`. */
export function toSnapshot<S>(projection: Projection<S>, state: S, seq: number): Snapshot {
  return { projection: projection.name, version: projection.version, seq, state: encode(state) }
}

/** A state to fold on with, or null when the snapshot belongs to another projection or another version of it. */
export function fromSnapshot<S>(projection: Projection<S>, snapshot: Snapshot): S | null {
  if (snapshot.projection !== projection.name || snapshot.version !== projection.version) return null
  // The name and version above say that this projection wrote it.
  return decode(snapshot.state) as S
}

const MAP = '$map'
const PLAIN = '$plain'

function encode(value: unknown): Json {
  if (typeof value !== 'object' || value === null) return value as Json
  if (Array.isArray(value)) return value.map(encode)
  if (value instanceof Map) return { [MAP]: [...value].map(([key, item]) => [key as Json, encode(item)]) }
  const plain = Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [key, encode(item)]),
  )
  // A program's own value may look like our marks: it travels one level deeper.
  return Object.hasOwn(plain, MAP) || Object.hasOwn(plain, PLAIN) ? { [PLAIN]: plain } : plain
}

function decode(json: Json): unknown {
  if (typeof json !== 'object' || json === null) return json
  if (Array.isArray(json)) return json.map(decode)
  const object = json as { readonly [key: string]: Json }
  if (Object.hasOwn(object, MAP)) return new Map((object[MAP] as [Json, Json][]).map(([key, item]) => [key, decode(item)]))
  const plain = Object.hasOwn(object, PLAIN) ? (object[PLAIN] as { readonly [key: string]: Json }) : object
  return Object.fromEntries(Object.entries(plain).map(([key, item]) => [key, decode(item)]))
}
