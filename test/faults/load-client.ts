/** An agent that calls its tool as fast as it is answered, and keeps every answer it has seen. */
import { WebSocket } from 'ws'

export interface AgentFile {
  readonly server_url: string
  readonly execution_id: string
  readonly agent: string
  readonly token: string
}

export interface Acknowledged {
  readonly agent: string
  readonly call_id: string
  readonly result: unknown
}

export interface LoadClient {
  /** Answers that have arrived here: nobody may ever find them missing. */
  readonly acknowledged: readonly Acknowledged[]
  /** Resolves when the connection is gone and everything that was on its way has arrived. */
  readonly closed: Promise<void>
  close(): void
}

export interface LoadOptions {
  /** Calls under way at a time. */
  readonly inFlight: number
  /** Text of the n-th call. */
  readonly text: (n: number) => string
  readonly onAcknowledged?: () => void
  /** Milliseconds between an answer and the next call; default none. */
  readonly paceMs?: number
}

/** Connects, registers, and begins to call as soon as there is a tool. */
export function loadClient({ server_url, execution_id, agent, token }: AgentFile, options: LoadOptions): LoadClient {
  const ws = new WebSocket(`${server_url}/agents/${agent}/ws`, { headers: { authorization: `Bearer ${token}` } })
  const acknowledged: Acknowledged[] = []
  let next = 0
  const event = (event_type: string, data: object) => ws.send(JSON.stringify({ type: 'event', event_type, data }))
  const call = () => {
    if (ws.readyState !== WebSocket.OPEN) return
    event('tool_call', { call_id: `${agent}-${next}`, tool: 'note', params: { n: next, text: options.text(next) } })
    next += 1
  }
  const callSoon = () => (options.paceMs === undefined ? call() : void setTimeout(call, options.paceMs))
  ws.on('open', () => event('register', { execution_id }))
  ws.on('message', (bytes: Buffer) => {
    const { type, data } = JSON.parse(bytes.toString()) as { type: string; data: { name?: string; call_id: string; result?: unknown } }
    if (type === 'tool_registered' && data.name === 'note') for (let n = 0; n < options.inFlight; n += 1) call()
    if (type !== 'tool_result') return
    acknowledged.push({ agent, call_id: data.call_id, result: data.result })
    options.onAcknowledged?.()
    callSoon()
  })
  // A runtime that is killed resets its connections: that is what is being tested.
  ws.on('error', () => {})
  return { acknowledged, closed: new Promise((resolve) => ws.once('close', () => resolve())), close: () => ws.close() }
}
