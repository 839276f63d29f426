/**
 * A run as a Chrome trace, which ui.perfetto.dev and chrome://tracing open: a group of tracks per process, tracks per agent,
 * slices for calls and turns, arrows for messages and causes, counters for cost. One event per line, written as the log is read.
 */
import type { Entry } from '../log/events.ts'
import type { Redactor } from '../log/redact.ts'
import type { LogStore } from '../log/store.ts'
import { VERSION } from '../log/version.ts'
import { rescan, type Secrets } from './rescan.ts'
import { rowMaker, type Say } from './row.ts'
import { type TraceEvent, tracer } from './trace-events.ts'

export interface TraceOptions {
  readonly store: LogStore
  readonly run: string
  readonly say: Say
  readonly redact: Redactor
  readonly signal?: AbortSignal
}

export interface Traced {
  readonly entriesCount: number
  readonly unreadableCount: number
  readonly secrets: Secrets
}

/** Yields the trace piece by piece. Memory grows with what is open at once, not with the run. */
export async function* exportPerfetto({ store, run, say, redact, signal }: TraceOptions): AsyncGenerator<string, Traced> {
  const look = rescan(redact)
  const rowOf = rowMaker(say)
  const trace = tracer()
  let [entriesCount, unreadableCount] = [0, 0]
  let waiting: TraceEvent[] = []
  let isFirst = true
  const flush = (): string => {
    const lines = waiting.map((event) => JSON.stringify(event)).join(',\n')
    const text = lines === '' ? '' : `${isFirst ? '' : ',\n'}${lines}`
    if (lines !== '') isFirst = false
    waiting = []
    return text
  }
  yield `{"displayTimeUnit":"ms","otherData":${JSON.stringify({ run, ramure: VERSION })},"traceEvents":[\n`
  for await (const item of store.read(run, { blobs: 'reference' })) {
    signal?.throwIfAborted()
    if ('unreadable' in item) {
      unreadableCount += 1
      continue
    }
    entriesCount += 1
    const { entry } = look.look(item)
    waiting.push(...trace.take(rowOf(entry), tokensOf(entry)))
    if (waiting.length >= EVENTS_AT_ONCE) yield flush()
  }
  waiting.push(...trace.end())
  yield `${flush()}\n]}\n`
  return { entriesCount, unreadableCount, secrets: look.secrets }
}

const EVENTS_AT_ONCE = 1000

function tokensOf(entry: Entry): number {
  if (entry.type !== 'usage') return 0
  const tokens = entry.data?.['total_tokens']
  return typeof tokens === 'number' && Number.isFinite(tokens) && tokens > 0 ? tokens : 0
}
