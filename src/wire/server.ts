/**
 * The agents' server: one WebSocket per client at `/agents/<agent>/ws`. It admits, frames and delivers; what an event
 * means is the host's to decide. The only file of this folder that loads `ws`.
 */

import type { Server } from 'node:http'
import { createServer, STATUS_CODES } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { WebSocketServer } from 'ws'
import type { Entry } from '../log/events.ts'
import type { Admission } from './admission.ts'
import { admit, chooseProtocol, MSGPACK_PROTOCOL } from './admission.ts'
import type { Connection } from './connection.ts'
import { farewell, serve } from './connection.ts'
import { FRAME_BYTES_MAX } from './frame.ts'
import type { AgentHost, ConnectionRef } from './host.ts'
import { loadMessagePack } from './msgpack.ts'
import { outlets } from './outlet.ts'
import { throttleWarnings } from './warnings.ts'

export interface AgentServerOptions {
  /** Address to listen on; default 127.0.0.1. */
  readonly host?: string
  /** Default 0: any free port. */
  readonly port?: number
  /** URL that is advertised instead of the address listened on, e.g. `wss://runs.example`. */
  readonly baseUrl?: string
  /** Browser origins that may connect; default none. */
  readonly allowedOrigins?: readonly string[]
  /** Largest client frame, bytes; default 4 MiB. A larger one closes its connection with 1009. */
  readonly frameBytesMax?: number
  /** Frames per second and connection; default 40,000. Over it the client is slowed down, nothing is dropped. */
  readonly ratePerSecondMax?: number
  /** Bytes that wait for one client before it is served from the log; default 2 MiB, at least one socket buffer. */
  readonly queueBytesMax?: number
  /** Time between pings, milliseconds; default 5,000. Two unanswered ones end a connection for which nothing waits. */
  readonly pingMs?: number
  /** How long a client for which bytes wait may take none of them, milliseconds; default 120,000. */
  readonly stallMs?: number
  /** How long a client may take to send its request, milliseconds; default 5,000. */
  readonly handshakeMs?: number
  /** Open sockets, admitted or not; default 1,024. */
  readonly socketsMax?: number
}

export interface AgentServer extends AsyncDisposable {
  /** What `/agents/<agent>/ws` is appended to. */
  readonly url: string
  readonly port: number
  /** Sends a written entry to everybody who listens to its agent. Entries without an agent are nobody's. */
  publish(entry: Entry): void
  /** Closes all connections of an agent. */
  disconnect(agent: string, code: number, reason: string): void
  /** Closes one connection; nothing happens when it has closed already. */
  closeConnection(connection: ConnectionRef, code: number, reason: string): void
  /** Connections that were admitted and are open. */
  connectionCount(): number
  /** Agents whose stream is kept up with: those that live, and those that somebody still listens to. */
  agentCount(): number
  /** Lets every client have what was written to it, says goodbye (1001), frees the port. Idempotent. */
  close(): Promise<void>
}

const PING_MISSES_MAX = 2

/** Starts listening. Rejects with what `listen` answered, e.g. EADDRINUSE. */
export async function startAgentServer(host: AgentHost, options: AgentServerOptions = {}): Promise<AgentServer> {
  const handshakeMs = options.handshakeMs ?? 5_000
  const http = createServer(
    { headersTimeout: handshakeMs, requestTimeout: handshakeMs, connectionsCheckingInterval: Math.min(handshakeMs, 1_000) },
    (_request, response) => void response.writeHead(426, { connection: 'close' }).end(),
  )
  http.maxConnections = options.socketsMax ?? 1_024
  const upgrader = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: options.frameBytesMax ?? FRAME_BYTES_MAX,
    handleProtocols: (offers) => chooseProtocol([...offers]) ?? false,
  })
  const audience = openAudience(host, options)
  const admitting = { token: (agent: string) => host.token(agent), allowedOrigins: options.allowedOrigins ?? [] }

  http.on('upgrade', (request, socket, head) => {
    socket.on('error', () => {}) // A client that vanishes is no news.
    const upgrade = (then: (ws: WebSocket) => void) => upgrader.handleUpgrade(request, socket, head, then)
    receive(admit(request, admitting), audience, socket, upgrade)
  })
  await listen(http, options.port ?? 0, options.host ?? '127.0.0.1')
  // A connection that could not be taken, for want of descriptors say: without a listener it would end the process.
  http.on('error', (error) => audience.turnedAway(`it could not be accepted (${error.message})`))
  const pingMs = options.pingMs ?? 5_000
  const stallsMax = Math.ceil((options.stallMs ?? 120_000) / pingMs)
  const pinging = setInterval(() => audience.ping(stallsMax), pingMs)
  pinging.unref()

  const { port } = http.address() as AddressInfo // It listens on TCP.
  const close = once(async () => {
    clearInterval(pinging)
    const closed = new Promise((resolve) => http.close(resolve))
    await audience.close()
    http.closeAllConnections()
    await closed
  })
  return {
    url: (options.baseUrl ?? urlOf(options.host ?? '127.0.0.1', port)).replace(/\/+$/, ''),
    port,
    publish: audience.publish,
    disconnect: audience.disconnect,
    closeConnection: audience.closeConnection,
    connectionCount: audience.count,
    agentCount: audience.agentCount,
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** Acts on the verdict about one upgrade request. */
function receive(verdict: Admission, audience: Audience, socket: Duplex, upgrade: (then: (ws: WebSocket) => void) => void): void {
  switch (verdict.kind) {
    case 'refused':
      audience.turnedAway(verdict.why)
      return turnAway(socket, verdict.status)
    case 'closed':
      return upgrade((ws) => {
        ws.on('error', () => {})
        farewell(ws, verdict.code, verdict.reason)
      })
    case 'admitted':
      if (verdict.protocol !== MSGPACK_PROTOCOL) return upgrade((ws) => audience.add(verdict.agent, ws, socket, 'json'))
      // What the client sends meanwhile waits in the socket, which nobody reads before the upgrade.
      void loadMessagePack().then(
        (format) => {
          // Agents end meanwhile, and their connections with them: this one would be left behind.
          if (audience.isAwaited(verdict.agent)) upgrade((ws) => audience.add(verdict.agent, ws, socket, format))
          else turnAway(socket, 401)
        },
        () => turnAway(socket, 501),
      )
  }
}

/** Answers in HTTP and hangs up. */
function turnAway(socket: Duplex, status: 401 | 403 | 501): void {
  // The other half would stay open for as long as the stranger likes.
  socket.once('finish', () => socket.destroy())
  const challenge = status === 401 ? 'WWW-Authenticate: Bearer\r\n' : ''
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n${challenge}Content-Length: 0\r\n\r\n`)
}

interface Audience {
  add(agent: string, ws: WebSocket, socket: Duplex, format: Parameters<typeof serve>[0]['format']): void
  /** Whether there is, still, such an agent. */
  isAwaited(agent: string): boolean
  turnedAway(why: string): void
  publish(entry: Entry): void
  disconnect(agent: string, code: number, reason: string): void
  closeConnection(connection: ConnectionRef, code: number, reason: string): void
  count(): number
  agentCount(): number
  ping(stallsMax: number): void
  close(): Promise<void>
}

/** Everybody who was admitted. */
function openAudience(host: AgentHost, options: AgentServerOptions): Audience {
  const warn = throttleWarnings(
    (code, message) => host.warn(code, message),
    () => performance.now(),
  )
  const shared = outlets(() => (host.backlog?.() ?? 0) > 0)
  const connections = new Map<ConnectionRef, Connection>()
  const byAgent = new Map<string, Set<Connection>>()
  const published = new Map<string, number>()
  let lastId = 0
  let whenEmpty: (() => void) | null = null

  /** Of an agent that nobody can come back to, nothing is kept once nobody listens to it. */
  const forgetGone = (agent: string) => {
    if (byAgent.get(agent)?.size === 0) byAgent.delete(agent)
    if (!byAgent.has(agent) && host.token(agent) === null) published.delete(agent)
  }
  const gone = (connection: Connection, announced: boolean) => {
    connections.delete(connection.ref)
    byAgent.get(connection.agent)?.delete(connection)
    forgetGone(connection.agent)
    if (announced && !whenEmpty) host.closed(connection.agent, connection.ref)
    if (connections.size === 0) whenEmpty?.()
  }
  return {
    add(agent, ws, socket, format) {
      if (whenEmpty) return ws.terminate()
      const connection = serve({
        id: (lastId += 1),
        agent,
        host,
        ws,
        socket,
        format,
        outlets: shared,
        queueBytesMax: options.queueBytesMax ?? 2 * 1024 * 1024,
        ratePerSecondMax: options.ratePerSecondMax ?? 40_000,
        published: () => published.get(agent) ?? null,
        warn: (code, message) => warn(agent, code, message),
        gone,
      })
      connections.set(connection.ref, connection)
      byAgent.set(agent, (byAgent.get(agent) ?? new Set()).add(connection))
    },
    isAwaited: (agent) => host.token(agent) !== null,
    turnedAway: (why) => warn('', 'ERR_UNAUTHORIZED', `A connection to the agents' server was turned away: ${why}.`),
    publish(entry) {
      const { agent, aseq } = entry
      if (agent === undefined || aseq === undefined) return
      published.set(agent, aseq)
      for (const connection of byAgent.get(agent) ?? []) connection.publish(entry)
      forgetGone(agent)
    },
    disconnect(agent, code, reason) {
      for (const connection of byAgent.get(agent) ?? []) connection.close(code, reason)
    },
    closeConnection: (ref, code, reason) => connections.get(ref)?.close(code, reason),
    count: () => connections.size,
    agentCount: () => published.size,
    ping(stallsMax) {
      for (const connection of connections.values()) connection.ping(PING_MISSES_MAX, stallsMax)
    },
    async close() {
      const empty = new Promise<void>((resolve) => (whenEmpty = resolve))
      if (connections.size === 0) return
      for (const connection of connections.values()) connection.close(1001, 'the run has ended')
      await empty
    },
  }
}

function listen(http: Server, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', reject)
    http.listen(port, address, () => {
      http.off('error', reject)
      resolve()
    })
  })
}

function urlOf(address: string, port: number): string {
  return `ws://${address.includes(':') ? `[${address}]` : address}:${port}`
}

function once(act: () => Promise<void>): () => Promise<void> {
  let acted: Promise<void> | null = null
  return () => (acted ??= act())
}
