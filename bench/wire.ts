/**
 * A tool call over the wire: the client sends an event, the server records it in memory, sends it back and answers.
 * Beside it a bare `ws` echo of the same bytes: what the socket alone costs. Server and client are separate processes.
 *
 *   node bench/wire.ts [--json] [--small]
 */

import type { ChildProcess } from 'node:child_process'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { WebSocket, WebSocketServer } from 'ws'
import type { Entry } from '../src/log/events.ts'
import type { AgentHost } from '../src/wire/host.ts'
import { startAgentServer } from '../src/wire/server.ts'

const TOKEN = 'bench'
const FILE = fileURLToPath(import.meta.url)

export interface WireRow {
  readonly name: string
  readonly inFlight: number
  /** Median of the rounds, with their extremes. */
  readonly callsPerSecond: number
  readonly callsPerSecondMin: number
  readonly callsPerSecondMax: number
  readonly p50Us: number
  readonly p99Us: number
}

/** Measures all cases, interleaved; `small` is one short round. */
export async function run({ small = false }: { small?: boolean } = {}): Promise<readonly WireRow[]> {
  const server = fork(FILE, ['serve'])
  try {
    const [urls] = (await once(server, 'message')) as [{ readonly agents: string; readonly echo: string }]
    const cases = [1, 64].flatMap((inFlight) => [
      { name: 'tool call (ramure)', url: urls.agents, inFlight, isEcho: false },
      { name: 'bare ws echo', url: urls.echo, inFlight, isEcho: true },
    ])
    const rounds = small ? 1 : 5
    const samples = cases.map((): Sample[] => [])
    for (let round = 0; round < rounds; round += 1) {
      for (const [index, one] of cases.entries())
        samples[index]?.push(await measure(one, small ? 200 : one.inFlight === 1 ? 5_000 : 50_000))
    }
    return cases.map((one, index) => summarise(one, samples[index] ?? []))
  } finally {
    await end(server)
  }
}

interface Case {
  readonly name: string
  readonly url: string
  readonly inFlight: number
  readonly isEcho: boolean
}

interface Sample {
  readonly callsPerSecond: number
  readonly p50Us: number
  readonly p99Us: number
}

/** `count` calls, `inFlight` of them open at a time, after a tenth of that to warm up. */
async function measure(one: Case, count: number): Promise<Sample> {
  const ws = new WebSocket(one.url, { headers: { authorization: `Bearer ${TOKEN}` }, perMessageDeflate: false })
  await once(ws, 'open')
  try {
    await calls(ws, one, count / 10)
    const startedAt = performance.now()
    const latenciesUs = (await calls(ws, one, count)).sort((a, b) => a - b)
    const seconds = (performance.now() - startedAt) / 1000
    return { callsPerSecond: count / seconds, p50Us: quantile(latenciesUs, 0.5), p99Us: quantile(latenciesUs, 0.99) }
  } finally {
    ws.close()
    await once(ws, 'close')
  }
}

function calls(ws: WebSocket, one: Case, count: number): Promise<number[]> {
  return new Promise((resolve) => {
    const sentAt = new Map<string, number>()
    const latenciesUs: number[] = []
    let sent = 0
    const send = () => {
      const callId = `c-${(sent += 1)}`
      sentAt.set(callId, performance.now())
      ws.send(
        `{"type":"event","event_type":"tool_call","data":{"call_id":"${callId}","tool":"submit","params":{"code":"${'x'.repeat(180)}"}}}`,
      )
    }
    const take = (raw: Buffer) => {
      const frame = JSON.parse(raw.toString()) as { readonly type: string; readonly data: { readonly call_id: string } }
      if (!one.isEcho && frame.type !== 'tool_result') return
      latenciesUs.push((performance.now() - (sentAt.get(frame.data.call_id) ?? 0)) * 1000)
      sentAt.delete(frame.data.call_id)
      if (sent < count) send()
      else if (latenciesUs.length === count) {
        ws.off('message', take)
        resolve(latenciesUs)
      }
    }
    ws.on('message', take)
    for (let open = 0; open < one.inFlight && open < count; open += 1) send()
  })
}

function summarise(one: Case, samples: readonly Sample[]): WireRow {
  const rates = samples.map(({ callsPerSecond }) => callsPerSecond).sort((a, b) => a - b)
  const middle = (pick: (sample: Sample) => number) =>
    Math.round(
      quantile(
        samples.map(pick).sort((a, b) => a - b),
        0.5,
      ),
    )
  return {
    name: one.name,
    inFlight: one.inFlight,
    callsPerSecond: Math.round(quantile(rates, 0.5)),
    callsPerSecondMin: Math.round(rates[0] ?? 0),
    callsPerSecondMax: Math.round(rates.at(-1) ?? 0),
    p50Us: middle(({ p50Us }) => p50Us),
    p99Us: middle(({ p99Us }) => p99Us),
  }
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

async function end(server: ChildProcess): Promise<void> {
  const exited = once(server, 'exit')
  server.kill()
  await exited
}

/** The other process: both servers, until it is killed. */
async function serve(): Promise<void> {
  let aseq = 0
  const publish = (by: 'world' | 'program', type: string, data: object) => {
    aseq += 1
    // The cast: the type is one of two known ones; a union cannot be built from a variable.
    agents.publish({ seq: aseq, time: new Date().toISOString(), type, by, scope: '/bench#0', agent: 'a', aseq, data } as unknown as Entry)
  }
  const host: AgentHost = {
    run: 'bench',
    token: (agent) => (agent === 'a' ? TOKEN : null),
    receive(_agent, event) {
      publish('world', 'tool_call', event.data)
      publish('program', 'tool_result', { call_id: event.data.call_id, result: 'Sent to review.' })
    },
    async *entriesAfter() {},
    closed() {},
    warn: (code, message) => process.stderr.write(`${code}: ${message}\n`),
  }
  const agents = await startAgentServer(host)
  const echo = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
  await once(echo, 'listening')
  echo.on('connection', (ws) => ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary })))
  const address = echo.address()
  if (address === null || typeof address === 'string') throw new Error('The echo server has no port.')
  process.send?.({ agents: `${agents.url}/agents/a/ws`, echo: `ws://127.0.0.1:${address.port}` })
}

function table(rows: readonly WireRow[]): string {
  const lines = rows.map((row) => [
    row.name,
    String(row.inFlight),
    `${row.callsPerSecond} (${row.callsPerSecondMin}..${row.callsPerSecondMax})`,
    String(row.p50Us),
    String(row.p99Us),
  ])
  const all = [['case', 'in flight', 'calls/s, median (min..max)', 'p50 us', 'p99 us'], ...lines]
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
  if (process.argv[2] === 'serve') await serve()
  else {
    const rows = await run({ small: process.argv.includes('--small') })
    console.log(process.argv.includes('--json') ? JSON.stringify(rows) : table(rows))
  }
}
