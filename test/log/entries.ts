import { type RunLog, runLog } from '../../src/log/append.ts'
import type { Draft, Entry, Json } from '../../src/log/events.ts'
import { type Redactor, redactor } from '../../src/log/redact.ts'
import type { Lagged, LogStore, LogWriter, Unreadable } from '../../src/log/store.ts'

export const RUN = 'brisk-otter-4q7m2xk9'

/** An `emit` of a value, the simplest draft there is. */
export function emitted(data: Json, event = 'note'): Draft {
  return { type: 'emit', by: 'program', scope: '/demo#0', data: { event, data } }
}

/** A run log over a store, with a clock that moves 1 ms at each look and nothing to mask. */
export function startLog(store: LogStore, writer: LogWriter = store.create(RUN), redact: Redactor = redactor({})): RunLog {
  let nowMs = Date.parse('2026-11-21T09:00:00.000Z')
  return runLog({ store, run: writer.run, writer, clock: () => (nowMs += 1), redact })
}

/** Everything an iterable yields. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  return Array.fromAsync(items)
}

/** `seq` of an entry; other items as they are. */
export function seqOf<T extends Unreadable | Lagged>(item: Entry | T): number | T {
  return 'seq' in item ? item.seq : item
}

/** 1 … n. */
export function upTo(n: number, from = 1): number[] {
  return Array.from({ length: Math.max(0, n - from + 1) }, (_, index) => from + index)
}
