/** A client that makes tool calls, a fixed number of them open at a time, and times each. */
import { once } from 'node:events'
import { decode, encode } from '@msgpack/msgpack'
import { WebSocket } from 'ws'
import { quantile } from './figures.ts'
import type { Place } from './wire-servers.ts'

export interface Calls {
  readonly place: Place
  readonly inFlight: number
  readonly count: number
  /** What is sent as `params`. */
  readonly params: unknown
  readonly format: 'json' | 'msgpack'
}

export interface Timed {
  readonly perSecond: number
  readonly p50Us: number
  readonly p99Us: number
}

/** Makes `count` calls after a tenth of that to warm up; `before` runs between the two. */
export async function makeCalls(calls: Calls, before?: () => Promise<void>): Promise<Timed> {
  const { place, format } = calls
  const protocols = format === 'msgpack' ? ['ramure.msgpack'] : []
  const ws = new WebSocket(place.url, protocols, { headers: { authorization: `Bearer ${place.token}` }, perMessageDeflate: false })
  await once(ws, 'open')
  try {
    await registered(ws, calls)
    await round(ws, { ...calls, count: Math.ceil(calls.count / 10) }, 'w')
    await before?.()
    const startedMs = performance.now()
    const latenciesUs = await round(ws, calls, 'c')
    const seconds = (performance.now() - startedMs) / 1000
    return { perSecond: calls.count / seconds, p50Us: quantile(latenciesUs, 0.5), p99Us: quantile(latenciesUs, 0.99) }
  } finally {
    ws.close()
    await once(ws, 'close')
  }
}

type Frame = { readonly type: string; readonly data: { readonly call_id?: string; readonly error?: string } }

/** Who makes calls of a run registers first. */
async function registered(ws: WebSocket, { place, format }: Calls): Promise<void> {
  if (place.run === null) return
  const answered = new Promise<void>((resolve) => {
    const look = (raw: Buffer) => {
      if (read(raw, format).type !== 'registered') return
      ws.off('message', look)
      resolve()
    }
    ws.on('message', look)
  })
  ws.send(write({ type: 'event', event_type: 'register', data: { execution_id: place.run } }, format))
  await answered
}

/** Ids of calls are used once in a run, so each round has its own. */
let rounds = 0

function round(ws: WebSocket, { count, inFlight, params, format }: Calls, name: string): Promise<Float64Array> {
  const prefix = `${name}${(rounds += 1)}-`
  return new Promise((resolve, reject) => {
    const sentAt = new Map<string, number>()
    const latenciesUs = new Float64Array(count)
    let [sent, answered] = [0, 0]
    const send = () => {
      const callId = `${prefix}${(sent += 1)}`
      sentAt.set(callId, performance.now())
      ws.send(write({ type: 'event', event_type: 'tool_call', data: { call_id: callId, tool: 'submit', params } }, format))
    }
    const take = (raw: Buffer) => {
      const { type, data } = read(raw, format)
      // An echo sends the call itself back: an `event`. A server says it was recorded (`tool_call`), then answers.
      if (type === 'tool_call') return
      const startedAt = sentAt.get(data.call_id ?? '')
      if (startedAt === undefined || data.error !== undefined) return reject(new Error(`Unexpected: ${JSON.stringify({ type, data })}`))
      latenciesUs[answered] = (performance.now() - startedAt) * 1000
      answered += 1
      if (sent < count) send()
      else if (answered === count) {
        ws.off('message', take)
        resolve(latenciesUs)
      }
    }
    ws.on('message', take)
    for (let open = 0; open < inFlight && open < count; open += 1) send()
  })
}

function write(frame: unknown, format: Calls['format']): string | Uint8Array {
  return format === 'json' ? JSON.stringify(frame) : encode(frame)
}

function read(raw: Buffer, format: Calls['format']): Frame {
  return (format === 'json' ? JSON.parse(raw.toString()) : decode(raw)) as Frame
}
