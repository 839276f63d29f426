/** A WebSocket client that keeps what it got and lets a test wait for it. */
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { onTestFinished } from 'vitest'
import type { ClientOptions } from 'ws'
import { WebSocket } from 'ws'
import type { EntryFrame } from '../../src/wire/entry-frame.ts'
import type { AgentServer, AgentServerOptions } from '../../src/wire/server.ts'
import { startAgentServer } from '../../src/wire/server.ts'
import type { MemoryHost } from './host.ts'
import { memoryHost } from './host.ts'

export const TOKENS = { alice: 'token-of-alice', bob: 'token-of-bob' }

/** A server on a free port with a host in memory; both are gone when the test is. */
export async function served(options: AgentServerOptions & { answer?: boolean } = {}): Promise<{ server: AgentServer; host: MemoryHost }> {
  const host = memoryHost(TOKENS, options)
  const server = await startAgentServer(host, options)
  host.serve(server)
  onTestFinished(() => server.close())
  return { server, host }
}

export interface Client {
  readonly ws: WebSocket
  /** The entries that came. */
  readonly frames: EntryFrame[]
  /** What it was told that it missed. */
  readonly lagged: unknown[]
  seqs(): number[]
  send(frame: unknown): void
  /** Resolves when the client has `count` frames. */
  got(count: number): Promise<void>
  /** Resolves with the close code and reason. */
  readonly closed: Promise<{ code: number; reason: string }>
}

export interface ClientSpec extends Pick<ClientOptions, 'headers' | 'autoPong'> {
  agent?: string
  token?: string | null
  path?: string
  protocols?: string[]
}

/** Opens a client; rejects with `HTTP <status>` when it is turned away. */
export async function open(server: AgentServer, spec: ClientSpec = {}): Promise<Client> {
  const client = dial(server, spec)
  await Promise.race([once(client.ws, 'open'), once(client.ws, 'error').then(([error]) => Promise.reject(error as Error))])
  return client
}

export function dial(server: AgentServer, { agent = 'alice', token, path, protocols = [], ...options }: ClientSpec = {}): Client {
  const shown = token === undefined ? TOKENS[agent as keyof typeof TOKENS] : token
  const headers = { ...(typeof shown === 'string' && { authorization: `Bearer ${shown}` }), ...options.headers }
  const ws = new WebSocket(`${server.url}${path ?? `/agents/${agent}/ws`}`, protocols, { ...options, headers })
  const frames: EntryFrame[] = []
  const lagged: unknown[] = []
  const waiting = new Set<() => void>()
  ws.on('message', (data: Buffer) => {
    const frame = JSON.parse(data.toString()) as EntryFrame
    if (frame.type === 'lagged') lagged.push({ ...frame, behind: frames.at(-1)?.seq })
    else frames.push(frame)
    for (const look of [...waiting]) look()
  })
  ws.on('unexpected-response', (_request, response) => {
    ws.emit('error', new Error(`HTTP ${response.statusCode}`))
    response.destroy()
  })
  ws.on('error', () => {})
  onTestFinished(() => ws.terminate())
  return {
    ws,
    frames,
    lagged,
    seqs: () => frames.map((frame) => frame.seq),
    send: (frame) => ws.send(typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame)),
    got: (count) =>
      new Promise((resolve) => {
        const look = () => {
          if (frames.length < count) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
      }),
    closed: new Promise((resolve) => ws.on('close', (code, reason) => resolve({ code, reason: String(reason) }))),
  }
}

export function event(type: string, data: unknown = {}, id?: string): object {
  return { type: 'event', event_type: type, data, ...(id !== undefined && { id }) }
}

/** 1, 2, 3 … */
export function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1)
}

/** A bare TCP connection to the server. */
export async function tcp(server: AgentServer): Promise<Socket> {
  const socket = connect(server.port, '127.0.0.1')
  await once(socket, 'connect')
  onTestFinished(() => void socket.destroy())
  return socket
}

/** Everything the socket says until it ends. */
export async function readAll(socket: Socket): Promise<string> {
  let text = ''
  socket.on('error', () => {})
  socket.on('data', (chunk) => (text += String(chunk)))
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve))
  return text
}
