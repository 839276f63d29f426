/** The servers of bench/fan-out.ts, one a process: `agents` is ours, `bare` a `ws` server as one writes it first. */
import { once } from 'node:events'
import { WebSocketServer } from 'ws'
import type { Entry } from '../../src/log/events.ts'
import { entryFrame } from '../../src/wire/entry-frame.ts'
import type { AgentHost } from '../../src/wire/host.ts'
import { startAgentServer } from '../../src/wire/server.ts'
import { tellCpu } from './child.ts'

export const TOKEN = 'bench'

if (import.meta.main) {
  const [, , kind, burst] = process.argv
  const { url, send } = kind === 'bare' ? await serveBare() : await serveAgents()
  process.on('message', (asked: { readonly count: number } | string) => {
    if (typeof asked === 'object') publish(send, asked.count, Number(burst))
  })
  tellCpu()
  process.send?.(url)
}

/** `burst` entries in one turn of the loop, then the next turn. */
function publish(send: () => void, left: number, burst: number): void {
  for (let sent = 0; sent < Math.min(burst, left); sent += 1) send()
  if (left > burst) setImmediate(() => publish(send, left - burst, burst))
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
