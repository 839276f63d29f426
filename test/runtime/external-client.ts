/** A client in no hurry: connects with an agent file, keeps what it got, waits for what it wants. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import type { EntryFrame } from '../../src/wire/entry-frame.ts'
import type { Live } from './harness.ts'

export interface AgentFile {
  readonly server_url: string
  readonly execution_id: string
  readonly agent: string
  readonly token: string
}

export interface ExternalClient {
  /** The entries that came. */
  readonly frames: readonly EntryFrame[]
  /** What it was told that it missed: `{from, to}`. */
  readonly lagged: readonly unknown[]
  event(type: string, data?: unknown, id?: string): void
  sync(after: number): void
  /** The first entry of this type, now or later. */
  got(type: string, wants?: (data: Record<string, unknown>) => boolean): Promise<EntryFrame>
  /** The number of the last entry it got. */
  lastSeq(): number
  /** Resolves with the next frame, whatever it is. */
  more(): Promise<void>
  /** Forgets the frames it has: for those who get more than they can keep. */
  forget(): void
  /** Stops reading, and goes on. */
  pause(): void
  resume(): void
  readonly closed: Promise<number>
  /** Hangs up without a word. */
  drop(): Promise<void>
}

/** Waits until the run wants this agent, and reads its file. */
export async function agentFileOf(live: Live, agent: string): Promise<AgentFile> {
  await live.until('agent_spawned', (entry) => entry.agent === agent)
  const { data } = await live.until('run_started')
  return JSON.parse(readFileSync(join(live.home, 'runtimes', `${data.run}.agents`, `${agent}.json`), 'utf8')) as AgentFile
}

export async function connectAs({ server_url, agent, token }: AgentFile): Promise<ExternalClient> {
  const ws = new WebSocket(`${server_url}/agents/${agent}/ws`, { headers: { authorization: `Bearer ${token}` } })
  const frames: EntryFrame[] = []
  const lagged: unknown[] = []
  const waiting = new Set<() => void>()
  let lastSeq = 0
  ws.on('message', (data: Buffer) => {
    const frame = JSON.parse(data.toString()) as EntryFrame
    if (frame.type === 'lagged') lagged.push(frame.data)
    else frames.push(frame)
    lastSeq = Math.max(lastSeq, frame.seq)
    for (const look of [...waiting]) look()
  })
  const closed = new Promise<number>((resolve) => ws.on('close', resolve))
  onTestFinished(() => ws.terminate())
  await new Promise((resolve, reject) => ws.once('open', resolve).once('error', reject))
  return {
    frames,
    lagged,
    closed,
    event: (type, data = {}, id) => ws.send(JSON.stringify({ type: 'event', event_type: type, data, ...(id !== undefined && { id }) })),
    sync: (after) => ws.send(JSON.stringify({ type: 'sync', after })),
    got: (type, wants = () => true) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = frames.find((frame) => frame.type === type && wants(frame.data as Record<string, unknown>))
          if (found) resolve(found)
          if (found) waiting.delete(look)
        }
        waiting.add(look)
        look()
        void closed.then((code) => reject(new Error(`Closed with ${code} before a ${type} came.`)))
      }),
    lastSeq: () => lastSeq,
    more: () => new Promise((resolve) => ws.once('message', () => resolve())),
    forget: () => void frames.splice(0),
    pause: () => ws.pause(),
    resume: () => ws.resume(),
    async drop() {
      ws.terminate()
      await closed
    },
  }
}

/** Connects and registers. */
export async function registeredAs(file: AgentFile, boot?: string): Promise<ExternalClient> {
  const client = await connectAs(file)
  client.event('register', { execution_id: file.execution_id, ...(boot !== undefined && { boot }) })
  await client.got('registered')
  return client
}
