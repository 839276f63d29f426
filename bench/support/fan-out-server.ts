/**
 * The servers of bench/fan-out.ts, one a process: `ramure` is ours, `bare` a `ws` server as one writes it first, `framed` the
 * least that anybody can do: each entry made into bytes once, one write a reader and turn, no reader ever slow or late.
 */
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { WebSocketServer } from 'ws'
import type { Entry } from '../../src/log/events.ts'
import { encodeEntry, entryFrame } from '../../src/wire/entry-frame.ts'
import type { AgentHost } from '../../src/wire/host.ts'
import { startAgentServer } from '../../src/wire/server.ts'
import { tellCpu } from './child.ts'

export const TOKEN = 'bench'

interface Served {
  readonly url: string
  /** Sends as many entries in this turn. */
  send(entries: number): void
}

const KINDS = { ramure: serveRamure, framed: serveFramed, bare: serveBare } as const
export type Kind = keyof typeof KINDS

if (import.meta.main) {
  const [, , kind, burst] = process.argv
  // The cast: the parent names a kind.
  const { url, send } = await KINDS[kind as Kind]()
  process.on('message', (asked: { readonly count: number } | string) => {
    if (typeof asked === 'object') publish(send, asked.count, Number(burst))
  })
  tellCpu()
  process.send?.(url)
}

/** `burst` entries in one turn of the loop, then the next turn. */
function publish(send: Served['send'], left: number, burst: number): void {
  send(Math.min(burst, left))
  if (left > burst) setImmediate(() => publish(send, left - burst, burst))
}

async function serveRamure(): Promise<Served> {
  let last = 0
  const host: AgentHost = {
    run: 'bench',
    token: () => TOKEN,
    receive() {},
    async *entriesAfter(_agent, after) {
      // Made again, as a log makes them: a list of all would only measure the collector.
      for (let aseq = after + 1; aseq <= last; aseq += 1) yield nextEntry(aseq)
    },
    closed() {},
    warn() {},
  }
  const server = await startAgentServer(host)
  const send = (count: number) => {
    for (let sent = 0; sent < count; sent += 1) server.publish(nextEntry((last += 1)))
  }
  return { url: `${server.url}/agents/a/ws`, send }
}

async function serveFramed(): Promise<Served> {
  const { server, url } = await listening()
  const sockets: Socket[] = []
  server.on('connection', (_ws, request) => void sockets.push(request.socket))
  let aseq = 0
  const send = (count: number) => {
    const bytes = Buffer.concat(Array.from({ length: count }, () => encodeEntry(nextEntry((aseq += 1)), 'json')))
    for (const socket of sockets) socket.write(bytes)
  }
  return { url, send }
}

async function serveBare(): Promise<Served> {
  const { server, url } = await listening()
  let aseq = 0
  const send = (count: number) => {
    for (let sent = 0; sent < count; sent += 1) {
      const entry = nextEntry((aseq += 1))
      for (const client of server.clients) client.send(JSON.stringify(entryFrame(entry)))
    }
  }
  return { url, send }
}

async function listening(): Promise<{ server: WebSocketServer; url: string }> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no port.')
  return { server, url: `ws://127.0.0.1:${address.port}` }
}

/** About 300 bytes on the wire. */
function nextEntry(aseq: number): Entry {
  return {
    seq: aseq,
    time: new Date().toISOString(),
    type: 'message',
    by: 'program',
    scope: '/bench#0',
    agent: 'a',
    aseq,
    data: { text: 'x'.repeat(200), delivery: 'steer' },
  }
}
