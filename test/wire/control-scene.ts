/** A control socket over a run in memory, for tests of either side. */
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { RamureError } from '../../src/log/error.ts'
import type { Entry, Json, JsonObject } from '../../src/log/events.ts'
import type { ControlOptions, ControlServer } from '../../src/wire/control.ts'
import { startControl } from '../../src/wire/control.ts'
import type { ControlHost } from '../../src/wire/host.ts'
import { readAll } from './client.ts'
import { tempFolder } from './temp.ts'

export interface Scene {
  readonly server: ControlServer
  readonly path: string
  readonly heard: unknown[]
  /** Writes an entry that followers get. */
  say(entry: Partial<Entry>): void
  /** Who wants to be told of each write. */
  readonly listeners: ReadonlySet<() => void>
  readonly release: (value: Json) => void
  followers(): number
  until(holds: () => boolean): Promise<void>
}

/** A control socket over a run in memory; its endpoint `slow` answers when it is released. */
export async function scene(options: ControlOptions & { entries?: number } = {}): Promise<Scene> {
  const path = join(await tempFolder(), 'run.sock')
  const heard: unknown[] = []
  const log: Entry[] = []
  const wakes = new Set<() => void>()
  const watchers = new Set<() => void>()
  const listeners = new Set<() => void>()
  let followers = 0
  let release: (value: Json) => void = () => {}
  const slow = new Promise<Json>((resolve) => (release = resolve))
  const looked = () => watchers.forEach((look) => look())
  for (let seq = 1; seq <= (options.entries ?? 0); seq += 1)
    log.push({ seq, type: 'warning', data: { text: 'x'.repeat(1_000) } } as unknown as Entry)
  const definition = { name: 'add', description: '', parameters: { type: 'object' } }
  const host: ControlHost = {
    status: () => ({ execution_id: 'r', agents: [] }),
    agent: (name) => (name === 'alice' ? { name: 'alice', state: 'idle' } : null),
    async send(agent, text, caller) {
      heard.push(['send', agent, text, caller])
      return 'delivered'
    },
    endpoints: () => [definition, { ...definition, name: 'slow' }, { ...definition, name: 'broken' }],
    async call(endpoint, kwargs, caller): Promise<Json> {
      heard.push(['call', endpoint, kwargs, caller])
      looked()
      if (endpoint === 'slow') return slow
      if (endpoint === 'broken') throw new RamureError('ERR_SOMETHING', 'It is broken.', { hint: 'Mend it.' })
      return { sum: 3 }
    },
    stop: (caller, reason) => void heard.push(['stop', caller, reason]),
    writtenSeq: () => log.length,
    onWritten(listener) {
      listeners.add(listener)
      looked()
      return () => {
        listeners.delete(listener)
        looked()
      }
    },
    async *follow(after, signal) {
      followers += 1
      looked()
      try {
        for (let index = after; !signal.aborted; index += 1) {
          while (index >= log.length && !signal.aborted) {
            await new Promise<void>((resolve) => {
              wakes.add(resolve)
              signal.addEventListener('abort', () => resolve(), { once: true })
            })
          }
          if (!signal.aborted) yield log[index]!
        }
      } finally {
        followers -= 1
        looked()
      }
    },
  }
  const server = await startControl(host, path, options)
  onTestFinished(() => server.close())
  return {
    server,
    path,
    heard,
    release: (value) => release(value),
    followers: () => followers,
    say(entry) {
      log.push({ seq: log.length + 1, ...entry } as Entry)
      wakes.forEach((wake) => wake())
      listeners.forEach((listener) => listener())
    },
    listeners,
    until: (holds) =>
      new Promise((resolve) => {
        const look = () => {
          if (!holds()) return
          watchers.delete(look)
          resolve()
        }
        watchers.add(look)
        look()
      }),
  }
}

/** Sends bytes, ends its half, returns the lines that came back. */
export async function exchange(path: string, bytes: string | Buffer): Promise<JsonObject[]> {
  const socket = await dialed(path)
  socket.end(bytes)
  const text = await readAll(socket)
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as JsonObject)
}

export async function dialed(path: string): Promise<Socket> {
  const socket = connect({ path, allowHalfOpen: true })
  socket.on('end', () => socket.end())
  await once(socket, 'connect')
  onTestFinished(() => void socket.destroy())
  return socket
}
