/** What a live page is told: history first, then what is new, as server-sent events. A slow reader is waited for. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Redactor } from '../log/redact.ts'
import type { LogStore } from '../log/store.ts'
import { VERSION } from '../log/version.ts'
import { overview } from '../projections/overview.ts'
import { applySafely } from './html.ts'
import { PACK_ROWS, pack } from './pack.ts'
import { rescan } from './rescan.ts'
import { type Row, rowMaker, type Say } from './row.ts'
import { summaryOf } from './summary.ts'

export interface LiveRowsOptions {
  readonly store: LogStore
  readonly run: string
  readonly say: Say
  readonly redact: Redactor
  readonly now: () => number
  readonly signal: AbortSignal
}

/** How long rows are collected before they are sent, in ms. */
const COLLECT_MS = 60

/** Sends rows until the run's writer is gone, the reader hangs up, or `signal` aborts. A reader that comes back says where it was. */
export async function followRows(request: IncomingMessage, response: ServerResponse, options: LiveRowsOptions): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const after = Number(request.headers['last-event-id'] ?? 0) || 0
  await sendRows(streamTo(response), after, { ...options, signal: AbortSignal.any([options.signal, gone.signal]) })
  response.end()
}

async function sendRows(stream: Stream, after: number, options: LiveRowsOptions): Promise<void> {
  const { store, run, say, redact, signal } = options
  const rowOf = rowMaker(say)
  const look = rescan(redact)
  let state = overview.initial()
  let rows: Row[] = []
  let unreadableCount = 0
  let timer: NodeJS.Timeout | null = null

  const flush = async (isLast: boolean): Promise<void> => {
    if (timer !== null) clearTimeout(timer)
    timer = null
    const sent = rows
    rows = []
    if (sent.length > 0) await stream.send('pack', pack(sent), sent.at(-1)?.seq)
    const alive = isLast ? store.writerAlive(run) : true
    const time = new Date(options.now()).toISOString()
    const facts = { run, state, alive, now: time, unreadable: [], unreadableCount, secrets: look.secrets, version: VERSION }
    await stream.send('summary', summaryOf(facts))
  }
  for await (const item of store.follow(run, { signal, blobs: 'reference' })) {
    if ('unreadable' in item) unreadableCount += 1
    if (!('seq' in item)) continue
    const { entry } = look.look(item)
    state = applySafely(state, entry)
    const row = rowOf(entry)
    // Who comes back knows these; they were read again for what later ones answer.
    if (row.seq > after) rows.push(row)
    if (rows.length >= PACK_ROWS) await flush(false)
    else timer ??= setTimeout(() => void flush(false), COLLECT_MS)
  }
  if (timer !== null) clearTimeout(timer)
  if (signal.aborted) return
  await flush(true)
  await stream.send('end', {})
}

interface Stream {
  /** Resolves when there is room for more, or nobody listens any more. */
  send(event: string, data: unknown, id?: number): Promise<void>
}

function streamTo(response: ServerResponse): Stream {
  return {
    async send(event, data, id) {
      if (response.destroyed) return
      const text = `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
      if (response.write(text)) return
      await new Promise<void>((resolve) => {
        const done = (): void => {
          response.off('drain', done).off('close', done)
          resolve()
        }
        response.once('drain', done).once('close', done)
      })
    },
  }
}
