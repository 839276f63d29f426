/**
 * An entry that is read from the bytes of its line when it is asked: the envelope was scanned, the rest is parsed at the first
 * look at `data`, and what most folds ask of the frequent types is taken from the bytes instead.
 */
import { decodeEntry } from './codec.ts'
import { Scanned } from './entry-field.ts'
import type { EnvelopeScanner } from './envelope.ts'
import type { By, Entry, Json } from './events.ts'
import { firstField, UNKNOWN } from './first-field.ts'

/** Puts long texts back into the data of a line that mentions blobs. */
export type Restore = (data: Json) => Json

/** The entry that `scanned` found in a line. It and its data are valid as long as the bytes are. */
export function lazyEntry(scanned: EnvelopeScanner, bytes: Buffer, start: number, end: number, restore: Restore): Entry {
  // It answers like an entry of the type that its line names, whatever that is.
  return new LazyEntry(scanned, bytes, start, end, restore) as unknown as Entry
}

class LazyEntry extends Scanned {
  readonly seq: number
  readonly time: string
  readonly timeMs: number
  readonly type: string
  readonly by: By
  readonly agent: string | undefined
  readonly aseq: number | undefined
  readonly cause: number | undefined
  readonly source: string | undefined
  readonly id: string | undefined
  readonly #bytes: Buffer
  readonly #start: number
  readonly #end: number
  readonly #scopeStart: number
  readonly #scopeEnd: number
  readonly #dataStart: number
  readonly #restore: Restore
  #data: unknown = undefined

  constructor(scanned: EnvelopeScanner, bytes: Buffer, start: number, end: number, restore: Restore) {
    super()
    this.seq = scanned.seq
    this.time = scanned.time
    this.timeMs = scanned.timeMs
    this.type = scanned.type
    this.by = scanned.by
    this.agent = scanned.agent
    this.aseq = scanned.aseq
    this.cause = scanned.cause
    this.source = scanned.source
    this.id = scanned.id
    this.#bytes = bytes
    this.#start = start
    this.#end = end
    this.#scopeStart = scanned.scopeStart
    this.#scopeEnd = scanned.scopeEnd
    this.#dataStart = scanned.dataStart
    this.#restore = restore
  }

  get scope(): string {
    return this.#bytes.toString('latin1', this.#scopeStart, this.#scopeEnd)
  }

  get data(): unknown {
    return (this.#data ??= this.#parse())
  }

  field(key: string): unknown {
    if (this.#data === undefined) {
      const found = firstField(this.#bytes, this.#dataStart, this.#end - 1, key)
      if (found !== UNKNOWN) return found
    }
    return (this.data as { readonly [key: string]: unknown })[key]
  }

  #parse(): Json {
    const text = this.#bytes.toString('utf8', this.#dataStart, this.#end - 1)
    const data = parsed(text) ?? (decodeEntry(this.#bytes.toString('utf8', this.#start, this.#end)).data as Json)
    return text.includes('$blob"') ? this.#restore(data) : data
  }
}

/** Null when it is not one JSON value: then something stands behind `data`. */
function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    return null
  }
}
