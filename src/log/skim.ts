/**
 * A log for those who fold it: lines whose envelope can be scanned become entries that are parsed when their data is looked
 * at, all others go the long way. What is missing or out of order is told as by any reader; of a line whose data nobody
 * looks at, only its envelope and its last byte were looked at, and of one that was asked for a field what stands before it.
 */
import { fstatSync } from 'node:fs'
import { mentionsBlob, resolveNow } from './blob.ts'
import { envelopeScanner } from './envelope.ts'
import { type Entry, FORMAT_VERSION, type Json } from './events.ts'
import { lazyEntry, type Restore } from './lazy-entry.ts'
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

/** What an open log file holds from an entry on, in batches; entries are valid until the next batch is asked for. */
export function* skimFile({ fd, from, hints, blob }: SkimOptions): Generator<readonly (Entry | Unreadable)[], void> {
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
  const scanner = envelopeScanner()
  const restore: Restore = (data) => resolveNow(data, blob)
  const isCurrent = version === FORMAT_VERSION
  for (const block of blocksForward(fd, place.from, size)) {
    const batch: (Entry | Unreadable)[] = []
    const mayScan = isCurrent && block.cut === null && !holdsNul(block)
    const { bytes } = block
    for (let start = 0; start < block.end; ) {
      const end = block.cut === null ? bytes.indexOf(NEWLINE, start) : block.end
      const isPlain = mayScan && scanner.scan(bytes, start, end) && scanner.seq >= from && scanner.type !== 'run_started'
      if (isPlain && sift.passes(scanner.seq)) batch.push(lazyEntry(scanner, bytes, start, end, restore))
      else take(sift, lineAt(block, start, end), restore, batch)
      start = end + 1
    }
    yield batch
  }
  yield sift.end()
}

const NEWLINE = 10

/** Behind the end of the block its memory may hold anything. */
function holdsNul({ bytes, end }: Block): boolean {
  const found = bytes.indexOf(0)
  return found !== -1 && found < end
}

function lineAt({ bytes, offset, next, cut }: Block, start: number, end: number): Line {
  return { bytes, start, end, offset: offset + start, next: cut === null ? offset + end + 1 : next, cut }
}

function take(sift: Sifter, line: Line, restore: Restore, batch: (Entry | Unreadable)[]): void {
  for (const item of sift.take(line)) {
    if ('unreadable' in item) batch.push(item)
    else if (!mentionsBlob(item.text)) batch.push(item.entry)
    // A text that is lost is noticed by whoever looks at the data.
    else batch.push(withRestored(item.entry, restore))
  }
}

function withRestored(entry: Entry, restore: Restore): Entry {
  const { data, ...envelope } = entry
  return Object.defineProperty(envelope, 'data', { get: () => restore(data as Json), enumerable: true }) as Entry
}
