/**
 * One agent's entries to many readers: delivered messages a second, and the server's CPU time per delivery. Beside it the
 * same with a bare `ws` server that encodes and sends for each client. Clients only count; servers have their own process.
 *
 *   node bench/fan-out.ts [--json] [--small]
 */

import type { ChildProcess } from 'node:child_process'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { WebSocket, WebSocketServer } from 'ws'
import type { Entry } from '../src/log/events.ts'
import { entryFrame } from '../src/wire/entry-frame.ts'
import type { AgentHost } from '../src/wire/host.ts'
import { startAgentServer } from '../src/wire/server.ts'

const TOKEN = 'bench'
const FILE = fileURLToPath(import.meta.url)
/** Entries published in one turn of the server, as a burst of a run would be. */
const BURST = 16

export interface FanOutRow {
  readonly name: string
  readonly readers: number
  /** Median of the rounds, with their extremes. */
  readonly messagesPerSecond: number
  readonly messagesPerSecondMin: number
  readonly messagesPerSecondMax: number
  /** CPU time of the server's process per delivered message, microseconds. */
  readonly serverCpuUs: number
}

type Kind = 'agents' | 'bare'

/** Measures all cases, interleaved; `small` is one short round with few readers. */
export async function run({ small = false }: { small?: boolean } = {}): Promise<readonly FanOutRow[]> {
  const cases = (small ? [1, 3] : [1, 10, 100]).flatMap((readers) => (['agents', 'bare'] as const).map((kind) => ({ kind, readers })))
  const samples = cases.map((): Sample[] => [])
  for (let round = 0; round < (small ? 1 : 3); round += 1) {
    for (const [index, { kind, readers }] of cases.entries()) {
      samples[index]?.push(await measure(kind, readers, small ? 100 : Math.max(1_000, 20_000 / readers)))
    }
  }
  return cases.map(({ kind, readers }, index) =>
    summarise(kind === 'agents' ? 'ramure' : 'bare ws, encoded per client', readers, samples[index] ?? []),
  )
}

interface Sample {
  readonly messagesPerSecond: number
  readonly serverCpuUs: number
}

async function measure(kind: Kind, readers: number, count: number): Promise<Sample> {
  const server = fork(FILE, ['serve', kind])
  try {
    const [url] = (await once(server, 'message')) as [string]
    const clients = await Promise.all(Array.from({ length: readers }, () => open(url)))
    await publish(server, clients, Math.ceil(count / 10))
    const startedAt = performance.now()
    const cpuUs = await publish(server, clients, count)
    const seconds = (performance.now() - startedAt) / 1000
    for (const client of clients) client.terminate()
    return { messagesPerSecond: (count * readers) / seconds, serverCpuUs: cpuUs / (count * readers) }
  } finally {
    await end(server)
  }
}

async function open(url: string): Promise<WebSocket> {
  const ws = new WebSocket(url, { headers: { authorization: `Bearer ${TOKEN}` }, perMessageDeflate: false })
  await once(ws, 'open')
  return ws
}

/** Resolves when every client has `count` messages more, with the CPU time that the server took, microseconds. */
async function publish(server: ChildProcess, clients: readonly WebSocket[], count: number): Promise<number> {
  const delivered = Promise.all(clients.map((client) => receive(client, count)))
  server.send({ count })
  await delivered
  const answer = once(server, 'message')
  server.send({ count: 0 })
  const [cpuUs] = (await answer) as [number]
  return cpuUs
}

function receive(client: WebSocket, count: number): Promise<void> {
  return new Promise((resolve) => {
    let got = 0
    const take = () => {
      got += 1
      if (got < count) return
      client.off('message', take)
      resolve()
    }
    client.on('message', take)
  })
}

function summarise(name: string, readers: number, samples: readonly Sample[]): FanOutRow {
  const rates = samples.map(({ messagesPerSecond }) => messagesPerSecond).sort((a, b) => a - b)
  const cpu = samples.map(({ serverCpuUs }) => serverCpuUs).sort((a, b) => a - b)
  return {
    name,
    readers,
    messagesPerSecond: Math.round(middle(rates)),
    messagesPerSecondMin: Math.round(rates[0] ?? Number.NaN),
    messagesPerSecondMax: Math.round(rates.at(-1) ?? Number.NaN),
    serverCpuUs: Math.round(middle(cpu) * 100) / 100,
  }
}

function middle(sorted: readonly number[]): number {
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

async function end(server: ChildProcess): Promise<void> {
  const exited = once(server, 'exit')
  server.kill()
  await exited
}

/** The other process: publishes `count` entries when told to; told 0, says how much CPU time that took. */
async function serve(kind: Kind): Promise<void> {
  const { url, send } = kind === 'agents' ? await serveAgents() : await serveBare()
  let before = process.cpuUsage()
  process.on('message', ({ count }: { readonly count: number }) => {
    if (count > 0) {
      before = process.cpuUsage()
      return burst(send, count)
    }
    const { user, system } = process.cpuUsage(before)
    process.send?.(user + system)
  })
  process.send?.(url)
}

function burst(send: () => void, left: number): void {
  for (let sent = 0; sent < Math.min(BURST, left); sent += 1) send()
  if (left > BURST) setImmediate(() => burst(send, left - BURST))
}

async function serveAgents(): Promise<{ url: string; send: () => void }> {
  const entries: Entry[] = []
  const host: AgentHost = {
    run: 'bench',
    token: () => TOKEN,
    receive() {},
    async *entriesAfter(_agent, after) {
      for (let index = after; index < entries.length; index += 1) yield entries[index]!
    },
    closed() {},
    warn() {},
  }
  const server = await startAgentServer(host)
  const send = () => {
    const entry = nextEntry(entries.length + 1)
    entries.push(entry)
    server.publish(entry)
  }
  return { url: `${server.url}/agents/a/ws`, send }
}

async function serveBare(): Promise<{ url: string; send: () => void }> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no port.')
  let aseq = 0
  const send = () => {
    const entry = nextEntry((aseq += 1))
    for (const client of server.clients) client.send(JSON.stringify(entryFrame(entry)))
  }
  return { url: `ws://127.0.0.1:${address.port}`, send }
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

function table(rows: readonly FanOutRow[]): string {
  const lines = rows.map((row) => [
    row.name,
    String(row.readers),
    `${row.messagesPerSecond} (${row.messagesPerSecondMin}..${row.messagesPerSecondMax})`,
    String(row.serverCpuUs),
  ])
  const all = [['case', 'readers', 'messages/s, median (min..max)', 'server cpu us/message'], ...lines]
  const widths = all[0]!.map((_, column) => Math.max(...all.map((line) => line[column]!.length)))
  return all
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

if (import.meta.main) {
  if (process.argv[2] === 'serve') await serve(process.argv[3] === 'bare' ? 'bare' : 'agents')
  else {
    const rows = await run({ small: process.argv.includes('--small') })
    console.log(process.argv.includes('--json') ? JSON.stringify(rows) : table(rows))
  }
}
