/** One client that was let in: its frames go to the host, its agent's entries go to it. */
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { Entry, JsonObject } from '../log/events.ts'
import type { Format } from './entry-frame.ts'
import { encode, encodeEntry } from './entry-frame.ts'
import type { Refusal } from './frame.ts'
import { parseFrame } from './frame.ts'
import type { AgentHost, ClientEvent, ConnectionRef } from './host.ts'
import type { Outlets } from './outlet.ts'
import { rateLimit } from './rate-limit.ts'
import { stallCounter } from './stall-counter.ts'
import { type Missed, subscribe } from './subscription.ts'

export interface ConnectionSpec {
  readonly id: number
  readonly agent: string
  readonly host: AgentHost
  readonly ws: WebSocket
  /** The socket below `ws`: whole frames that were framed once are written to it directly. */
  readonly socket: Duplex
  readonly format: Format
  readonly outlets: Outlets
  readonly queueBytesMax: number
  readonly ratePerSecondMax: number
  /** `aseq` of the agent's last published entry; null before the first one. */
  published(): number | null
  warn(code: string, message: string): void
  /** The connection is gone; `announced` is true when it had sent a `register`. */
  gone(connection: Connection, announced: boolean): void
}

export interface Connection {
  readonly agent: string
  readonly ref: ConnectionRef
  publish(entry: Entry): void
  /** Says goodbye; a client that does not answer within two seconds is cut off. */
  close(code: number, reason: string): void
  /**
   * Called at a steady pace: pings. A client that left `missesMax` pings unanswered is cut off, as is one that took nothing of what
   * waits for it between `stallsMax` calls.
   */
  ping(missesMax: number, stallsMax: number): void
  terminate(): void
}

const FAREWELL_MS = 2_000
/** Inputs that may wait: what comes behind them, a timeout or a stop among it, is to be heard within a moment. */
const BACKLOG_MAX = 1_000
const BEHIND_MS = 5
const CLOSE_REASON_BYTES_MAX = 123
const BOOT_CHARACTERS_MAX = 200

/** Serves `ws` until it closes. */
export function serve(spec: ConnectionSpec): Connection {
  const { ws, socket, host, agent, format } = spec
  const ref: ConnectionRef = { id: spec.id, registered: false, boot: null }
  // After the close frame nothing may follow.
  const outlet = spec.outlets.open(socket, () => ws.readyState === ws.OPEN)
  const queueBytesMax = Math.max(spec.queueBytesMax, socket.writableHighWaterMark)
  const limit = rateLimit(spec.ratePerSecondMax)
  host.joined?.(agent, ref)
  let announced = false
  let misses = 0
  const stallsNow = stallCounter(outlet)
  let resumeTimer: NodeJS.Timeout | null = null

  const leave = (code: number, reason: string) => {
    outlet.flush()
    farewell(ws, code, reason)
  }
  const subscription = subscribe(
    { published: spec.published, entriesAfter: (after) => host.entriesAfter(agent, after, ref.boot, ref) },
    {
      write: (entry) => outlet.write(encodeEntry(entry, format)),
      queuedBytes: outlet.queuedBytes,
      drained: outlet.drained,
      lagged: (missed) => outlet.write(encode(laggedFrame(missed), format)),
    },
    {
      queueBytesMax,
      lagged: () =>
        spec.warn('WARN_CLIENT_SLOW', `A client of agent '${agent}' reads too slowly; it gets the rest from the log when it goes on.`),
      failed: (error) => {
        spec.warn('WARN_SYNC_FAILED', `A sync of agent '${agent}' could not read the log: ${String(error)}`)
        leave(1011, 'the log could not be read')
      },
    },
  )
  const accept = (event: ClientEvent, bytes: number) => {
    if (event.type === 'register') {
      announced = true
      ref.boot = bootOf(event.data)
    }
    host.receive(agent, event, ref, bytes)
  }
  const refuse = (refusal: Refusal) => {
    spec.warn(refusal.code, `A frame of agent '${agent}' was refused. ${refusal.message}`)
    if (outlet.queuedBytes() <= queueBytesMax) outlet.write(encode(errorFrame(refusal, subscription.cursor()), format))
  }
  const resumeIn = (waitMs: number) => {
    resumeTimer = setTimeout(() => {
      resumeTimer = null
      if (isBehind()) return resumeIn(BEHIND_MS)
      misses = 0
      ws.resume()
    }, waitMs)
  }
  const isBehind = () => (host.backlog?.() ?? 0) > BACKLOG_MAX
  /** Over the rate, or while the run is behind, the socket is left unread: the sender waits, nothing is lost. */
  const pace = () => {
    const waitMs = limit(performance.now())
    if (resumeTimer || (waitMs <= 0 && !isBehind())) return
    if (waitMs > 0)
      spec.warn(
        'WARN_CLIENT_RATE',
        `A client of agent '${agent}' sent more than ${spec.ratePerSecondMax} frames a second and is being slowed down.`,
      )
    ws.pause()
    resumeIn(Math.max(waitMs, BEHIND_MS))
  }

  // With the default binaryType a message is a Buffer.
  ws.on('message', (data: Buffer, isBinary) => {
    // Who was told to go is not heard any more: its name may belong to another agent by now.
    if (ws.readyState !== ws.OPEN) return
    misses = 0
    pace()
    const frame = !isBinary ? parseFrame(data.toString()) : format === 'json' ? parseFrame(data) : format.parse(data)
    if (frame.kind === 'sync') subscription.sync(frame.after)
    else if (frame.kind === 'event') accept(frame.event, data.length)
    else if (frame.kind === 'refused') refuse(frame)
    else spec.warn('WARN_FRAME_IGNORED', `A client of agent '${agent}' sent ${frame.why}; it was ignored.`)
  })
  ws.on('pong', () => void (misses = 0))
  ws.on('error', (error: Error & { code?: string }) => {
    if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH')
      spec.warn('ERR_FRAME_TOO_LARGE', `A frame of agent '${agent}' was larger than allowed; its connection was closed.`)
    else if (error.code?.startsWith('WS_ERR_'))
      spec.warn('WARN_FRAME_IGNORED', `A client of agent '${agent}' broke the WebSocket protocol: ${error.message}.`)
  })
  ws.on('close', () => {
    subscription.end()
    if (resumeTimer) clearTimeout(resumeTimer)
    spec.gone(connection, announced)
  })

  const connection: Connection = {
    agent,
    ref,
    publish: (entry) => subscription.publish(entry),
    close: leave,
    ping(missesMax, stallsMax) {
      if (resumeTimer) return
      const stalls = stallsNow()
      if (stalls > stallsMax) return ws.terminate()
      // It would stand behind what waits, and its answer say nothing about who reads slowly.
      if (outlet.queuedBytes() > 0) return void (misses = 0)

      if (misses >= missesMax) return ws.terminate()
      misses += 1
      if (ws.readyState === ws.OPEN) ws.ping()
    },
    terminate: () => ws.terminate(),
  }
  return connection
}

/** Closes politely, and for certain. */
export function farewell(ws: WebSocket, code: number, reason: string): void {
  // A paused socket would never see the answer.
  ws.resume()
  ws.close(code, cut(reason))
  const timer = setTimeout(() => ws.terminate(), FAREWELL_MS)
  ws.once('close', () => clearTimeout(timer))
}

/** Cut so that no character is split and the bytes fit into a close frame. */
function cut(reason: string): string {
  let text = reason
  while (Buffer.byteLength(text) > CLOSE_REASON_BYTES_MAX) text = text.slice(0, -1)
  return text.toWellFormed()
}

/**
 * An answer that is no entry: it has the number of the last entry sent, so that clients which apply numbers strictly
 * drop it as a duplicate, and the event's id, so that its sender need not send it again.
 */
function errorFrame(refusal: Refusal, cursor: number): JsonObject {
  return {
    type: 'error',
    data: { error: refusal.message, code: refusal.code },
    seq: cursor,
    ts: Date.now() / 1000,
    origin: 'server',
    ...(refusal.id === undefined ? {} : { id: refusal.id }),
  }
}

/** No entry either. It comes in the middle of others: 0 is a number that every client has had. */
function laggedFrame({ from, to }: Missed): JsonObject {
  return { type: 'lagged', data: { from, to }, seq: 0, ts: Date.now() / 1000, origin: 'server' }
}

function bootOf(data: JsonObject): string | null {
  const boot = data.boot
  return typeof boot === 'string' && boot !== '' && boot.length <= BOOT_CHARACTERS_MAX ? boot : null
}
