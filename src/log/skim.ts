/**
 * A log for those who fold it: lines whose envelope can be scanned become entries that are parsed when their data is looked
 * at, all others go the long way. What is missing or out of order is told as by any reader; of a line whose data nobody
 * looks at, only its envelope and its last byte were looked at, and of one that was asked for a field what stands before it.
 */
import { fstatSync } from 'node:fs'
import { type Bytes, bytesOf } from './ascii.ts'
import { mentionsBlob, resolveNow } from './blob.ts'
import { EntryCursor, type Restore } from './entry-cursor.ts'
import { type Entry, FORMAT_VERSION, type Json } from './events.ts'
import { type Block, blocksForward, type Line } from './lines.ts'
import { formatVersion, lineCounter } from './log-file.ts'
import { rangeOf } from './range.ts'
import { type Hints, seek } from './seek.ts'
import { type Sifter, sifter } from './sift.ts'
import type { Unreadable } from './store.ts'

export interface SkimOptions {
  readonly fd: number
  /** First `seq`. */
  readonly from: number
  readonly hints: Hints
  readonly blob: (sha256: string) => Uint8Array | null
}

/** What an open log file holds from an entry on, in batches; an entry is valid until the next one is asked for. */
export function* skimFile({ fd, from, hints, blob }: SkimOptions): Generator<Iterable<Entry | Unreadable>, void> {
  const size = fstatSync(fd).size
  const place = from <= 1 ? { from: 0, before: 0 } : seek(fd, size, ({ seq }) => seq >= from, hints)
  const version = formatVersion(fd)
  const sift = sifter({
    range: rangeOf({ from }),
    types: null,
    sieve: null,
    reverse: false,
    version,
    neighbour: place.before,
    lineNumber: lineCounter(fd),
  })
  const restore: Restore = (data) => resolveNow(data, blob)
  const cursor = new EntryCursor(restore)
  for (const block of blocksForward(fd, place.from, size)) {
    const mayScan = version === FORMAT_VERSION && block.cut === null && !holdsNul(block)
    const batch = new Batch(block, mayScan ? cursor : null, from, sift, restore)
    yield batch
    // Somebody may have stopped in the middle, and what follows is looked at in order.
    while (!batch.next().done);
  }
  yield sift.end()
}

/** The entries of a block, each when it is asked for. A generator costs as much for each as to find it. */
class Batch implements IterableIterator<Entry | Unreadable> {
  readonly #block: Block
  readonly #source: Bytes
  /** Null when all lines have to be parsed. */
  readonly #cursor: EntryCursor | null
  readonly #from: number
  readonly #sift: Sifter
  readonly #restore: Restore
  readonly #result: { done: boolean; value: Entry | Unreadable }
  #start = 0
  #waiting: (Entry | Unreadable)[] = NOTHING

  constructor(block: Block, cursor: EntryCursor | null, from: number, sift: Sifter, restore: Restore) {
    this.#block = block
    this.#source = bytesOf(block.bytes)
    this.#cursor = cursor
    this.#from = from
    this.#sift = sift
    this.#restore = restore
    this.#result = { done: false, value: cursor as unknown as Entry }
  }

  [Symbol.iterator](): this {
    return this
  }

  next(): IteratorResult<Entry | Unreadable, undefined> {
    const cursor = this.#cursor
    while (this.#waiting.length === 0 && this.#start < this.#block.end) {
      const start = this.#start
      const end = this.#block.cut === null ? this.#source.bytes.indexOf(NEWLINE, start) : this.#block.end
      this.#start = end + 1
      if (cursor?.goTo(this.#source, start, end) === true && this.#isPlain(cursor)) return this.#says(cursor.entry)
      this.#waiting = taken(this.#sift, lineAt(this.#block, start, end), this.#restore)
    }
    const item = this.#waiting.shift()
    return item === undefined ? END : this.#says(item)
  }

  /** The line before it was wanted as well, and nothing is to be told of what lies between them. */
  #isPlain({ seq, type }: EntryCursor): boolean {
    return seq >= this.#from && type !== 'run_started' && this.#sift.passes(seq)
  }

  /** One object for all: whoever iterates takes the value out of it at once. */
  #says(item: Entry | Unreadable): IteratorYieldResult<Entry | Unreadable> {
    this.#result.value = item
    return this.#result as IteratorYieldResult<Entry | Unreadable>
  }
}

const NOTHING: (Entry | Unreadable)[] = []
const END: IteratorReturnResult<undefined> = { done: true, value: undefined }
const NEWLINE = 10

/** Behind the end of the block its memory may hold anything. */
function holdsNul({ bytes, end }: Block): boolean {
  const found = bytes.indexOf(0)
  return found !== -1 && found < end
}

function lineAt({ bytes, offset, next, cut }: Block, start: number, end: number): Line {
  return { bytes, start, end, offset: offset + start, next: cut === null ? offset + end + 1 : next, cut }
}

function taken(sift: Sifter, line: Line, restore: Restore): (Entry | Unreadable)[] {
  return sift.take(line).map((item) => {
    if ('unreadable' in item) return item
    // A text that is lost is noticed by whoever looks at the data.
    return mentionsBlob(item.text) ? withRestored(item.entry, restore) : item.entry
  })
}

function withRestored(entry: Entry, restore: Restore): Entry {
  const { data, ...envelope } = entry
  return Object.defineProperty(envelope, 'data', { get: () => restore(data as Json), enumerable: true }) as Entry
}
