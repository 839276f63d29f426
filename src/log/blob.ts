/**
 * Long texts live beside the log, not in it. In a line they read
 * `{"$blob":"sha256:<64 hex>","bytes":n,"preview":"…"}`. A user's own object with a key `$blob`, `$$blob`, … gets one
 * more `$` in the file and loses it again on the way back, so no value can pass for a reference.
 */
import { sha256Hex } from './digest.ts'
import { RamureError } from './error.ts'
import type { Entry, Json, JsonObject } from './events.ts'
import { isList, setField } from './json.ts'

/** Texts of more UTF-8 bytes than this become blobs. */
export const BLOB_BYTES_MIN = 64 * 1024
const PREVIEW_CHARACTERS = 200

/** True when the JSON text of a value may need `externalise`: it is long, or holds a key that has to be escaped. */
export function needsBlobs(encoded: string): boolean {
  return encoded.length * 3 > BLOB_BYTES_MIN || mentionsBlob(encoded)
}

/** True when a line may hold a reference, or an escaped key, that `resolve` has to look at. */
export function mentionsBlob(encoded: string): boolean {
  return encoded.includes('$blob"')
}

/** A copy of the data with texts over 64 KiB handed to `put` and replaced by references; the data itself where there are none. */
export function externalise(data: Json, put: (sha256: string, bytes: Uint8Array) => void): Json {
  if (typeof data === 'string') return externaliseText(data, put)
  if (typeof data !== 'object' || data === null) return data
  if (isList(data)) return mapList(data, (item) => externalise(item, put))
  return mapFields(
    data,
    (key) => (ESCAPABLE.test(key) ? `$${key}` : key),
    (item) => externalise(item, put),
  )
}

/** The data with its references replaced by the texts they stand for. Throws ERR_BLOB_MISSING when `get` finds nothing. */
export async function resolve(data: Json, get: (sha256: string) => Promise<Uint8Array | null>): Promise<Json> {
  const texts = new Map<string, string>()
  for (const sha256 of references(data)) texts.set(sha256, textOf(sha256, await get(sha256)))
  return restore(data, texts)
}

/** As `resolve`, where blobs can be had at once. Throws ERR_BLOB_MISSING. */
export function resolveNow(data: Json, get: (sha256: string) => Uint8Array | null): Json {
  return restore(data, new Map([...references(data)].map((sha256) => [sha256, textOf(sha256, get(sha256))])))
}

/** An entry with the texts of its data put back. Throws ERR_BLOB_MISSING. */
export async function resolveEntry(entry: Entry, get: (sha256: string) => Promise<Uint8Array | null>): Promise<Entry> {
  // Putting texts back keeps the data what its type says.
  return { ...entry, data: await resolve(entry.data as Json, get) } as Entry
}

const ESCAPABLE = /^\$+blob$/
const ESCAPED = /^\$\$+blob$/
const REFERENCE = /^sha256:[0-9a-f]{64}$/

function externaliseText(text: string, put: (sha256: string, bytes: Uint8Array) => void): Json {
  if (text.length * 3 <= BLOB_BYTES_MIN) return text
  const bytes = Buffer.from(text)
  if (bytes.length <= BLOB_BYTES_MIN) return text
  const sha256 = sha256Hex(bytes)
  put(sha256, bytes)
  return { $blob: `sha256:${sha256}`, bytes: bytes.length, preview: text.slice(0, PREVIEW_CHARACTERS).toWellFormed() }
}

function references(data: Json, found = new Set<string>()): Set<string> {
  if (typeof data !== 'object' || data === null) return found
  if (isList(data)) for (const item of data) references(item, found)
  else if (isReference(data)) found.add(shaOf(data))
  else for (const item of Object.values(data)) references(item, found)
  return found
}

function restore(data: Json, texts: ReadonlyMap<string, string>): Json {
  if (typeof data !== 'object' || data === null) return data
  if (isList(data)) return mapList(data, (item) => restore(item, texts))
  if (isReference(data)) return texts.get(shaOf(data)) ?? null
  return mapFields(
    data,
    (key) => (ESCAPED.test(key) ? key.slice(1) : key),
    (item) => restore(item, texts),
  )
}

/** True for `{"$blob":"sha256:…"}` as a file holds it. */
export function isReference(data: JsonObject): boolean {
  const reference = data['$blob']
  return typeof reference === 'string' && REFERENCE.test(reference)
}

function shaOf(data: JsonObject): string {
  return String(data['$blob']).slice('sha256:'.length)
}

function mapList(list: readonly Json[], change: (item: Json) => Json): Json {
  const out = list.map(change)
  return out.some((item, index) => item !== list[index]) ? out : list
}

function mapFields(fields: JsonObject, rename: (key: string) => string, change: (item: Json) => Json): Json {
  const out: Record<string, Json> = {}
  let changed = false
  for (const [key, value] of Object.entries(fields)) {
    const name = rename(key)
    const item = change(value)
    changed ||= name !== key || item !== value
    setField(out, name, item)
  }
  return changed ? out : fields
}

function textOf(sha256: string, bytes: Uint8Array | null): string {
  if (bytes === null) throw missing(sha256)
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
}

function missing(sha256: string): RamureError {
  return new RamureError('ERR_BLOB_MISSING', `The blob sha256:${sha256} is not in the store.`, {
    hint: 'A file of the blobs folder beside the log was removed or damaged; restore it from a copy of the run.',
  })
}
