/**
 * The servers that bench/wire.ts and bench/formats.ts call, in a process of their own: a run with its log on the disk, the
 * sockets alone, and a bare `ws` echo; of that run the control socket, and a bare echo on a Unix socket.
 */
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebSocketServer } from 'ws'
import { agent, agentProcess, expose, wait } from '../../src/index.ts'
import type { Entry } from '../../src/log/events.ts'
import { surroundedBy } from '../../src/runtime/surroundings.ts'
import type { AgentHost } from '../../src/wire/host.ts'
import { startAgentServer } from '../../src/wire/server.ts'
import { tellCpu } from './child.ts'

export const TOKEN = 'bench'

/** Where to connect and with which token; `run` is what a `register` names, null where nobody asks. */
export interface Place {
  readonly url: string
  readonly token: string
  readonly run: string | null
}

export interface Places {
  readonly logged: Place
  readonly wire: Place
  readonly echo: Place
  /** Path of the run's control socket, which has an endpoint `submit`. */
  readonly control: string
  /** Path of a Unix socket that sends back what it gets. */
  readonly unixEcho: string
}

if (import.meta.main) {
  const home = mkdtempSync(join(tmpdir(), 'ramure-bench-wire-'))
  process.on('exit', () => rmSync(home, { recursive: true, force: true }))
  process.on('SIGTERM', () => process.exit())
  const logged = await serveRun(home)
  const control = join(home, 'runtimes', `${logged.run}.sock`)
  const places: Places = { logged, wire: await serveWire(), echo: await serveEcho(), control, unixEcho: await serveUnixEcho(home) }
  tellCpu()
  process.send?.(places)
}

/** The whole path: socket, inbox, dispatcher, handler, log on the disk, socket. */
async function serveRun(home: string): Promise<Place> {
  const main = agentProcess('bench', async () => {
    expose('submit', { input: { type: 'object' } }, () => 'Sent to review.')
    const worker = await agent('worker', { driver: 'external', graceMs: Number.POSITIVE_INFINITY })
    worker.on('submit', { input: { type: 'object' } }, () => 'Sent to review.')
    return wait()
  })
  return new Promise((resolve, reject) => {
    const onEntry = (entry: Entry, run: string) => {
      if (entry.type !== 'agent_spawned') return
      const file = JSON.parse(readFileSync(join(home, 'runtimes', `${run}.agents`, 'worker.json'), 'utf8')) as Record<string, string>
      resolve({ url: `${file.server_url}/agents/worker/ws`, token: file.token ?? '', run })
    }
    surroundedBy({ env: { RAMURE_HOME: home }, onEntry }, () => main()).catch(reject)
  })
}

/** The sockets alone: what arrives is recorded in memory and answered at once. */
async function serveWire(): Promise<Place> {
  let aseq = 0
  const publish = (by: 'world' | 'program', type: string, data: object) => {
    aseq += 1
    // The cast: the type is one of two known ones; a union cannot be built from a variable.
    agents.publish({ seq: aseq, time: new Date().toISOString(), type, by, scope: '/bench#0', agent: 'a', aseq, data } as unknown as Entry)
  }
  const host: AgentHost = {
    run: 'bench',
    token: (name) => (name === 'a' ? TOKEN : null),
    receive(_agent, event) {
      publish('world', 'tool_call', event.data)
      publish('program', 'tool_result', { call_id: event.data.call_id, result: 'Sent to review.' })
    },
    async *entriesAfter() {},
    closed() {},
    warn: (code, message) => process.stderr.write(`${code}: ${message}\n`),
  }
  const agents = await startAgentServer(host)
  return { url: `${agents.url}/agents/a/ws`, token: TOKEN, run: null }
}

/** What the socket library costs: the same bytes come back. */
async function serveEcho(): Promise<Place> {
  const echo = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
  await once(echo, 'listening')
  echo.on('connection', (ws) => ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary })))
  const address = echo.address()
  if (address === null || typeof address === 'string') throw new Error('The echo server has no port.')
  return { url: `ws://127.0.0.1:${address.port}`, token: TOKEN, run: null }
}

async function serveUnixEcho(home: string): Promise<string> {
  const path = join(home, 'echo.sock')
  const echo = createServer((socket) => void socket.pipe(socket)).listen(path)
  await once(echo, 'listening')
  return path
}
