/**
 * An entry that is read from the bytes of its line when it is asked: the envelope was scanned, the rest is parsed at the first
 * look at `data`, and what most folds ask of the frequent types is taken from the bytes instead. There is one for all lines of
 * a reader, so that folding a million of them makes no million objects.
 */
import { type Bytes, bytesOf } from './ascii.ts'
import { decodeEntry } from './codec.ts'
import { inside } from './entry-field.ts'
import { EnvelopeScanner } from './envelope.ts'
import type { Entry, Json } from './events.ts'
import { FieldWalk, UNKNOWN } from './field-walk.ts'

/** Puts long texts back into the data of a line that mentions blobs. */
export type Restore = (data: Json) => Json

export class EntryCursor extends EnvelopeScanner {
  readonly #restore: Restore
  readonly #fields = new FieldWalk()
  #source: Bytes = bytesOf(Buffer.alloc(0))
  #start = 0
  #end = 0
  #isOpen = false
  #data: unknown = undefined

  constructor(restore: Restore) {
    super()
    this.#restore = restore
  }

  /** Goes to the line `start .. end`, which a newline ends; false when it has to be parsed. Of the line before it nothing is valid then. */
  goTo(source: Bytes, start: number, end: number): boolean {
    this.#source = source
    this.#start = start
    this.#end = end
    this.#isOpen = false
    this.#data = undefined
    return this.scan(source, start, end)
  }

  /** Itself: it answers like an entry of the type that its line names, whatever that is. */
  get entry(): Entry {
    return this as unknown as Entry
  }

  get scope(): string {
    return this.#source.bytes.toString('latin1', this.scopeStart, this.scopeEnd)
  }

  get data(): unknown {
    return (this.#data ??= this.#parse())
  }

  field(key: string): unknown {
    const found = this.#data === undefined ? this.#walk().find(key) : UNKNOWN
    return found === UNKNOWN ? (this.data as { readonly [key: string]: unknown })[key] : found
  }

  fieldInside(key: string, inner: string): unknown {
    const found = this.#data === undefined ? this.#walk().findInside(key, inner) : UNKNOWN
    return found === UNKNOWN ? inside((this.data as { readonly [key: string]: unknown })[key], inner) : found
  }

  #walk(): FieldWalk {
    if (!this.#isOpen) this.#fields.open(this.#source, this.dataStart, this.#end - 1)
    this.#isOpen = true
    return this.#fields
  }

  #parse(): Json {
    const { bytes } = this.#source
    const text = bytes.toString('utf8', this.dataStart, this.#end - 1)
    const data = parsed(text) ?? (decodeEntry(bytes.toString('utf8', this.#start, this.#end)).data as Json)
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
