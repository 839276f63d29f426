/** A run as one file that anybody can open, offline. */
import { encodeEntry } from '../log/codec.ts'
import type { Entry } from '../log/events.ts'
import type { Redactor } from '../log/redact.ts'
import type { LogStore, Unreadable } from '../log/store.ts'
import { VERSION } from '../log/version.ts'
import { type Overview, overview } from '../projections/overview.ts'
import { PACK_ROWS, pack } from './pack.ts'
import { linesBlock, type PageAssets, packBlock, pageEnd, pageTop } from './page-file.ts'
import { rescan } from './rescan.ts'
import { type Row, rowMaker, type Say } from './row.ts'
import { type Summary, summaryOf } from './summary.ts'

export interface HtmlOptions {
  readonly store: LogStore
  readonly run: string
  readonly assets: PageAssets
  readonly say: Say
  /** Masks what a second look finds. */
  readonly redact: Redactor
  /** Wall clock in ms since 1970. */
  readonly now: () => number
  readonly signal?: AbortSignal
}

/** Yields the page piece by piece, reading the log once, and returns what stands above the picture. Memory does not grow with the run. */
export async function* exportHtml(options: HtmlOptions): AsyncGenerator<string, Summary> {
  const { store, run, assets, signal } = options
  const alive = store.writerAlive(run)
  const collected = collector(options)
  yield pageTop(assets, `${run} · ramure`, false)
  for await (const item of store.read(run, { blobs: 'reference' })) {
    signal?.throwIfAborted()
    yield* collected.take(item)
  }
  yield* collected.rest()
  const summary = collected.summary(alive)
  yield pageEnd(assets, summary)
  return summary
}

/** Entries of one block of lines: what is inflated to open one entry. */
const LINES_MAX = 512
const UNREADABLE_MAX = 100

interface Collector {
  /** Blocks that are full. */
  take(item: Entry | Unreadable): Generator<string, void>
  rest(): Generator<string, void>
  summary(alive: boolean | null): Summary
}

function collector({ run, say, redact, now }: HtmlOptions): Collector {
  const rowOf = rowMaker(say)
  const look = rescan(redact)
  const unreadable: string[] = []
  let unreadableCount = 0
  let state = overview.initial()
  let rows: Row[] = []
  let lines: { readonly seq: number; readonly line: string }[] = []

  function* flushRows(): Generator<string, void> {
    if (rows.length > 0) yield packBlock(pack(rows))
    rows = []
  }
  function* flushLines(): Generator<string, void> {
    const [first] = lines
    const last = lines.at(-1)
    if (first && last)
      yield linesBlock(
        first.seq,
        last.seq,
        lines.map(({ line }) => line),
      )
    lines = []
  }
  return {
    *take(item) {
      if ('unreadable' in item) {
        unreadableCount += 1
        if (unreadable.length < UNREADABLE_MAX) unreadable.push(gapText(item.unreadable))
        return
      }
      const { entry, dataText } = look.look(item)
      state = applySafely(state, entry)
      rows.push(rowOf(entry))
      lines.push({ seq: entry.seq, line: encodeEntry(entry, dataText) })
      if (rows.length >= PACK_ROWS) yield* flushRows()
      if (lines.length >= LINES_MAX) yield* flushLines()
    },
    *rest() {
      yield* flushRows()
      yield* flushLines()
    },
    summary: (alive) => {
      const time = new Date(now()).toISOString()
      return summaryOf({ run, state, alive, now: time, unreadable, unreadableCount, secrets: look.secrets, version: VERSION })
    },
  }
}

/** Data that does not fit its type changes nothing: the log was not written by us, or was edited. */
export function applySafely(state: Overview, entry: Entry): Overview {
  try {
    return overview.apply(state, entry)
  } catch {
    return state
  }
}

function gapText({ line, after, before, reason }: Unreadable['unreadable']): string {
  return `line ${line} unreadable, seq ${after ?? 'start'} -> ${before ?? 'end'}: ${reason}`
}
