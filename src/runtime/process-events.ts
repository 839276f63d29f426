/**
 * The feed of a process's events. What was emitted is in the log and comes back from there; what the log has otherwise, because
 * something in it was masked, stays, and so does how the process ended, which need not be JSON.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Entry, EntryOf } from '../log/events.ts'
import { type LongFeed, openLongFeed } from './long-feed.ts'
import type { Run } from './run.ts'
import type { ProcessEvent } from './stream.ts'

export interface ProcessFeed extends LongFeed<ProcessEvent> {
  /** Adds what was recorded as `entry`. */
  emitted(event: ProcessEvent, entry: EntryOf<'emit'>): void
}

export function openProcessFeed(run: Run): ProcessFeed {
  const texts = new Map<number, string>()
  // Where there is no log to read, items come back as copies as well: what one reader does to its own is not seen by the next.
  const fromTexts = (seqs: readonly number[]) => seqs.map((seq) => JSON.parse(texts.get(seq) ?? 'null') as ProcessEvent)
  const { past } = run
  const feed = openLongFeed<ProcessEvent>(past ? (seqs) => past(seqs).map(eventOf) : fromTexts)
  const emitted: ProcessFeed['emitted'] = (event, entry) => {
    if (past === null) texts.set(entry.seq, JSON.stringify(event))
    const isInLog = past === null || isDeepStrictEqual(entry.data.data, event.data)
    feed.push(event, isInLog ? entry.seq : null)
  }
  return Object.assign(feed, { emitted })
}

function eventOf(entry: Entry): ProcessEvent {
  const { event, data } = (entry as EntryOf<'emit'>).data
  return { type: event, data, source: entry.source ?? null }
}
