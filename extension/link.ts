import type { AgentFile } from './agent-file.ts'
import { eventFrame, openOutbox } from './outbox.ts'
import { sequence, type WireEntry } from './sequence.ts'

/** The connection to the runtime, for as long as this process lives: it comes back by itself and loses nothing. */
export interface Link {
  open(): void
  /** Records an event, now or when the server is back; returns its id. */
  send(type: string, data: object): string
  /** Gives what was sent up to `flushMs` to arrive, then closes for good (until `open`). */
  close(flushMs: number): Promise<void>
}

export interface LinkOptions {
  readonly agent: AgentFile
  /** Id of this process. */
  readonly boot: string
  readonly pid: number
  /** An entry takes effect: called in order, once for each. */
  readonly apply: (entry: WireEntry) => void
  /** The server will never record this event. */
  readonly refused: (id: string, why: string) => void
  /** Keeps an exception of a callback from ending the process. */
  readonly guard: <A extends unknown[]>(fn: (...args: A) => void) => (...args: A) => void
}

const [BACKOFF_MS_MIN, BACKOFF_MS_MAX] = [100, 2000]
const TOO_LARGE = 1009

export function createLink({ agent, boot, pid, apply, refused, guard }: LinkOptions): Link {
  const order = sequence(boot)
  let events = 0
  const nextId = (): string => `${boot}:${(events += 1)}`
  const outbox = openOutbox(nextId)
  let socket: WebSocket | null = null
  let retry: NodeJS.Timeout | null = null
  let isWanted = false
  let backoffMs = BACKOFF_MS_MIN

  const write = (frame: string): void => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(frame)
  }
  const sync = (): void => write(JSON.stringify({ type: 'sync', after: order.cursor() }))

  function connect(): void {
    retry = null
    const url = `${agent.server_url}/agents/${encodeURIComponent(agent.agent)}/ws`
    // A header keeps the token out of the URL, and so out of every log of URLs.
    const mine = new WebSocket(url, { headers: { authorization: `Bearer ${agent.token}` } })
    socket = mine
    mine.onopen = guard(greet)
    mine.onmessage = guard((event: { readonly data: unknown }) => void (socket === mine && receive(String(event.data))))
    mine.onerror = () => {} // `close` follows and says all there is to say.
    mine.onclose = guard((event: { readonly code: number }) => void (socket === mine && closed(event.code)))
  }

  /** The register belongs to the connection, so each connection has one of its own. */
  function greet(): void {
    order.restart()
    write(eventFrame(nextId(), 'register', { execution_id: agent.execution_id, boot, pid }))
    sync()
    for (const event of outbox.all()) write(event.frame)
  }

  function receive(text: string): void {
    const entry = parseEntry(text)
    if (entry === null) return
    if (entry.id !== undefined) settle(entry.id, entry)
    if (entry.type === 'register' && entry.data.boot === boot) backoffMs = BACKOFF_MS_MIN
    const step = order.take(entry)
    if (step.sync) sync()
    for (const each of step.apply) guard(apply)(each)
  }

  function settle(id: string, entry: WireEntry): void {
    outbox.remove(id)
    if (entry.type === 'error') refused(id, String(entry.data.error))
  }

  function closed(code: number): void {
    socket = null
    if (code === TOO_LARGE) dropLongest()
    if (!isWanted) return
    retry = setTimeout(guard(connect), backoffMs)
    retry.unref()
    backoffMs = Math.min(backoffMs * 2, BACKOFF_MS_MAX)
  }

  /** Sent again it would only close the next connection. */
  function dropLongest(): void {
    const event = outbox.longest()
    if (!event) return
    outbox.remove(event.id)
    refused(event.id, 'It is larger than the server accepts.')
  }

  return {
    open() {
      if (isWanted) return
      isWanted = true
      connect()
    },
    send(type, data) {
      const event = outbox.add(type, data)
      write(event.frame)
      return event.id
    },
    async close(flushMs) {
      isWanted = false
      if (retry) clearTimeout(retry)
      const until = Date.now() + flushMs
      while (socket?.readyState === WebSocket.OPEN && outbox.all().length > 0 && Date.now() < until) await pause(5)
      socket?.close()
    },
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

function parseEntry(text: string): WireEntry | null {
  const value = JSON.parse(text) as Partial<WireEntry> | null
  const isEntry = typeof value?.type === 'string' && typeof value.seq === 'number' && typeof value.data === 'object' && value.data !== null
  return isEntry ? (value as WireEntry) : null
}
