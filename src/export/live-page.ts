/**
 * The page of a live run, served on loopback to whoever knows its address, which holds a random token. It only reads: the run
 * is somebody else's, and goes on whether anybody looks or not.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { encodeEntry } from '../log/codec.ts'
import type { Redactor } from '../log/redact.ts'
import type { LogStore } from '../log/store.ts'
import { VERSION } from '../log/version.ts'
import { overview } from '../projections/overview.ts'
import { followRows } from './live-rows.ts'
import { type PageAssets, pageEnd, pagePolicy, pageTop } from './page-file.ts'
import { rescan } from './rescan.ts'
import type { Say } from './row.ts'
import { summaryOf } from './summary.ts'

export interface LivePageOptions {
  readonly store: LogStore
  readonly run: string
  readonly assets: PageAssets
  readonly say: Say
  readonly redact: Redactor
  /** Wall clock in ms since 1970. */
  readonly now: () => number
}

export interface LivePage {
  /** The whole address, token included. */
  readonly url: string
  close(): Promise<void>
}

/** Listens on a free port of 127.0.0.1. */
export async function serveLivePage(options: LivePageOptions): Promise<LivePage> {
  const token = randomBytes(16).toString('hex')
  const stopped = new AbortController()
  const server = createServer((request, response) => {
    answer(request, response, { ...options, token, signal: stopped.signal }).catch((error: unknown) => response.destroy(error as Error))
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/${token}/`,
    async close() {
      stopped.abort()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

interface Context extends LivePageOptions {
  readonly token: string
  readonly signal: AbortSignal
}

async function answer(request: IncomingMessage, response: ServerResponse, context: Context): Promise<void> {
  const path = allowedPath(request, context.token)
  if (path === null) return refuse(response)
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value)
  const [, what, seq] = /^(entry|lines)\/([1-9]\d{0,14})$/.exec(path) ?? []
  if (path === '') return sendPage(response, context)
  if (path === 'rows') return followRows(request, response, context)
  if (what === 'lines') return sendLines(response, Number(seq), context)
  return what === 'entry' ? sendEntry(response, Number(seq), context) : refuse(response)
}

const HEADERS = {
  'cache-control': 'no-store',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

/** What stands behind the token; null for everybody who does not know it, or came by another name than ours. */
function allowedPath({ method, url = '', headers }: IncomingMessage, token: string): string | null {
  // A page elsewhere may make a name of its own point here: it would come with that name.
  if (method !== 'GET' || !/^127\.0\.0\.1:\d+$/.test(headers.host ?? '')) return null
  const given = Buffer.from(url.slice(1, 1 + token.length))
  const isKnown = given.length === token.length && timingSafeEqual(given, Buffer.from(token))
  if (!isKnown || url[1 + token.length] !== '/') return null
  return url.slice(token.length + 2).split('?', 1)[0] ?? ''
}

function refuse(response: ServerResponse): void {
  response.writeHead(404).end()
}

function sendPage(response: ServerResponse, { assets, run, now }: Context): void {
  response.setHeader('content-type', 'text/html; charset=utf-8')
  response.setHeader('content-security-policy', `${pagePolicy(assets, true)}; frame-ancestors 'none'`)
  const [state, time] = [overview.initial(), new Date(now()).toISOString()]
  const secrets = { masked: 0, found: 0 }
  const summary = summaryOf({ run, state, alive: true, now: time, unreadable: [], unreadableCount: 0, secrets, version: VERSION })
  response.end(pageTop(assets, `${run} · ramure`, true) + pageEnd(assets, summary))
}

/** Lines of the log from one entry on, for whoever looks for a word in them: some at a time, none when there are no more yet. */
async function sendLines(response: ServerResponse, from: number, { store, run, redact }: Context): Promise<void> {
  const look = rescan(redact)
  const lines: string[] = []
  for await (const item of store.read(run, { from, blobs: 'reference' })) {
    if ('unreadable' in item) continue
    const { entry, dataText } = look.look(item)
    lines.push(encodeEntry(entry, dataText))
    if (lines.length >= LINES_MAX) break
  }
  response.setHeader('content-type', 'text/plain; charset=utf-8')
  response.end(lines.join('\n'))
}

const LINES_MAX = 512

async function sendEntry(response: ServerResponse, seq: number, { store, run, redact }: Context): Promise<void> {
  for await (const item of store.read(run, { from: seq, to: seq, blobs: 'reference' })) {
    if ('unreadable' in item) continue
    const { entry, dataText } = rescan(redact).look(item)
    response.setHeader('content-type', 'application/json')
    response.end(encodeEntry(entry, dataText))
    return
  }
  refuse(response)
}
