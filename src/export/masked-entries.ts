/** The entries of a run on their way out: masked once more, what cannot be read left out and counted. */
import type { Entry } from '../log/events.ts'
import type { Redactor } from '../log/redact.ts'
import type { LogStore } from '../log/store.ts'
import { rescan, type Secrets } from './rescan.ts'

export interface MaskedEntriesOptions {
  readonly store: LogStore
  readonly run: string
  /** Masks what a second look finds. */
  readonly redact: Redactor
  readonly signal?: AbortSignal
}

/** What an export says of what it read. */
export interface ReadCounts {
  readonly entriesCount: number
  readonly unreadableCount: number
  readonly secrets: Secrets
}

/** Yields the readable entries in order, long texts as references, and returns what was counted. */
export async function* maskedEntries({ store, run, redact, signal }: MaskedEntriesOptions): AsyncGenerator<Entry, ReadCounts> {
  const look = rescan(redact)
  let [entriesCount, unreadableCount] = [0, 0]
  for await (const item of store.read(run, { blobs: 'reference' })) {
    signal?.throwIfAborted()
    if ('unreadable' in item) {
      unreadableCount += 1
      continue
    }
    entriesCount += 1
    yield look.look(item).entry
  }
  return { entriesCount, unreadableCount, secrets: look.secrets }
}
