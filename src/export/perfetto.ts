/**
 * A run as a Chrome trace, which ui.perfetto.dev and chrome://tracing open: a group of tracks per process, tracks per agent,
 * slices for calls and turns, arrows for messages and causes, counters for cost. One event per line, written as the log is read.
 */
import type { Entry } from '../log/events.ts'
import { VERSION } from '../log/version.ts'
import { type MaskedEntriesOptions, maskedEntries, type ReadCounts } from './masked-entries.ts'
import { rowMaker, type Say } from './row.ts'
import { type TraceEvent, tracer } from './trace-events.ts'

export interface TraceOptions extends MaskedEntriesOptions {
  readonly say: Say
}

/** Yields the trace piece by piece. Memory grows with what is open at once, not with the run. */
export async function* exportPerfetto(options: TraceOptions): AsyncGenerator<string, ReadCounts> {
  const entries = maskedEntries(options)
  const rowOf = rowMaker(options.say)
  const trace = tracer()
  let waiting: TraceEvent[] = []
  let isFirst = true
  const flush = (): string => {
    const lines = waiting.map((event) => JSON.stringify(event)).join(',\n')
    const text = lines === '' ? '' : `${isFirst ? '' : ',\n'}${lines}`
    if (lines !== '') isFirst = false
    waiting = []
    return text
  }
  yield `{"displayTimeUnit":"ms","otherData":${JSON.stringify({ run: options.run, ramure: VERSION })},"traceEvents":[\n`
  let next = await entries.next()
  for (; next.done !== true; next = await entries.next()) {
    waiting.push(...trace.take(rowOf(next.value), tokensOf(next.value)))
    if (waiting.length >= EVENTS_AT_ONCE) yield flush()
  }
  waiting.push(...trace.end())
  yield `${flush()}\n]}\n`
  return next.value
}

const EVENTS_AT_ONCE = 1000

function tokensOf(entry: Entry): number {
  if (entry.type !== 'usage') return 0
  const tokens = entry.data?.['total_tokens']
  return typeof tokens === 'number' && Number.isFinite(tokens) && tokens > 0 ? tokens : 0
}
