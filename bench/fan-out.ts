/**
 * One agent's entries to many readers: delivered messages a second, and the CPU time of the server's process for each. The
 * floor makes the bytes once and writes them once a reader and turn, whatever becomes of the reader; beside it a bare `ws`
 * server that encodes and sends for each. Readers only count, all in one process.
 * `node bench/fan-out.ts [--json [file]] [--small]`.
 */
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { WebSocket } from 'ws'
import type { Bench, Figure } from './support/bench.ts'
import { type Child, child, cpuUs } from './support/child.ts'
import { type Kind, TOKEN } from './support/fan-out-server.ts'
import { main } from './support/main.ts'

const SERVER = fileURLToPath(new URL('support/fan-out-server.ts', import.meta.url))
/** Entries published in one turn of the server's loop (a run that is behind, a burst, what a single call makes), and readers. */
const CASES = [
  { burst: 64, readers: [100], kinds: ['ramure', 'framed'] },
  { burst: 16, readers: [1, 10, 100], kinds: ['ramure', 'framed', 'bare'] },
  { burst: 2, readers: [1, 100], kinds: ['ramure', 'framed'] },
] as const
const SMALL = [{ burst: 16, readers: [1, 3], kinds: ['ramure', 'framed', 'bare'] }] as const
const NAMES = { ramure: 'ramure', framed: 'one write a turn', bare: 'bare ws' } as const

export const bench: Bench = {
  name: 'fan-out',
  promises: [
    { what: '100 readers, 64 a turn', figure: 'ramure, 100 readers, 64 a turn', atLeast: 220_000, timesFloorAtLeast: 0.5 },
    { what: 'CPU a delivery, 100 readers, 64 a turn', figure: 'ramure, 100 readers, 64 a turn, CPU', atMost: 0.4, timesFloorAtMost: 3 },
    { what: 'the same, 16 a turn', figure: 'ramure, 100 readers, 16 a turn, CPU', timesFloorAtMost: 2.5 },
    { what: 'the same, 2 a turn', figure: 'ramure, 100 readers, 2 a turn, CPU', timesFloorAtMost: 2 },
    { what: 'the same, 1 reader, 2 a turn', figure: 'ramure, 1 reader, 2 a turn, CPU', timesFloorAtMost: 2 },
  ],
  run,
}

interface Case {
  readonly kind: Kind
  readonly readers: number
  readonly burst: number
}

interface Sample {
  readonly perSecond: number
  readonly cpuUs: number
}

async function run({ small }: { readonly small: boolean }): Promise<readonly Figure[]> {
  const cases = (small ? SMALL : CASES).flatMap(({ burst, readers, kinds }) =>
    readers.flatMap((count) => kinds.map((kind): Case => ({ kind, readers: count, burst }))),
  )
  const samples = cases.map((): Sample[] => [])
  for (let round = 0; round < (small ? 1 : 5); round += 1) {
    for (const [index, one] of cases.entries())
      samples[index]?.push(await measure(one, small ? 100 : Math.max(2_000, 20_000 / one.readers)))
  }
  return cases.flatMap((one, index) => figuresOf(one, samples[index] ?? []))
}

function figuresOf(one: Case, samples: readonly Sample[]): readonly Figure[] {
  const name = nameOf(one)
  const floor = nameOf({ ...one, kind: 'framed' })
  const isFloor = one.kind === 'framed'
  return [
    { name, unit: 'per second', rounds: samples.map(({ perSecond }) => perSecond), ...(!isFloor && { floor }) },
    { name: `${name}, CPU`, unit: 'us', rounds: samples.map((sample) => sample.cpuUs), ...(!isFloor && { floor: `${floor}, CPU` }) },
  ]
}

function nameOf({ kind, readers, burst }: Case): string {
  return `${NAMES[kind]}, ${readers} reader${readers === 1 ? '' : 's'}, ${burst} a turn`
}

async function measure({ kind, readers, burst }: Case, count: number): Promise<Sample> {
  await using server = await child<string>(SERVER, [kind, String(burst)])
  const clients = await Promise.all(Array.from({ length: readers }, () => open(server.ready)))
  // Each round has a fresh server: its code has to be warm before anything is measured.
  await publish(server, clients, count)
  const startedMs = performance.now()
  const used = await publish(server, clients, count)
  const seconds = (performance.now() - startedMs) / 1000
  for (const client of clients) client.terminate()
  return { perSecond: (count * readers) / seconds, cpuUs: used / (count * readers) }
}

async function open(url: string): Promise<WebSocket> {
  const ws = new WebSocket(url, { headers: { authorization: `Bearer ${TOKEN}` }, perMessageDeflate: false })
  await once(ws, 'open')
  return ws
}

/** Resolves when every client has `count` messages more, with the CPU time that the server took, microseconds. */
async function publish(server: Child<string>, clients: readonly WebSocket[], count: number): Promise<number> {
  const delivered = Promise.all(clients.map((client) => receive(client, count)))
  await cpuUs(server.process)
  server.process.send({ count })
  await delivered
  return cpuUs(server.process)
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

if (import.meta.main) await main(bench)
