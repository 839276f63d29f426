import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type WebSocket as ServerSocket, WebSocketServer } from 'ws'
import { createLink, type Link } from '../../extension/link.ts'
import type { WireEntry } from '../../extension/sequence.ts'
import { type MemoryHost, startMemoryHost } from '../machines/memory-host.ts'

/** The link against the real server; pi takes no part. */
let host: MemoryHost
beforeAll(async () => void (host = await startMemoryHost('link-test')))
afterAll(() => host.down())

interface Linked {
  readonly link: Link
  readonly applied: WireEntry[]
  readonly refused: [string, string][]
}

function linked(agent: string, boot: string, options: { url?: string; token?: string; apply?: (entry: WireEntry) => void } = {}): Linked {
  const applied: WireEntry[] = []
  const refused: [string, string][] = []
  const file = { server_url: options.url ?? host.url, execution_id: host.run, agent, token: options.token ?? host.add(agent) }
  const apply = (entry: WireEntry): void => {
    applied.push(entry)
    options.apply?.(entry)
  }
  const guard =
    <A extends unknown[]>(fn: (...args: A) => void) =>
    (...args: A): void => {
      try {
        fn(...args)
      } catch {
        // What pi would survive.
      }
    }
  const link = createLink({ agent: file, boot, pid: 1, guard, apply, refused: (id, why) => void refused.push([id, why]) })
  return { link, applied, refused }
}

test('what is sent while the server is away arrives once, in order, when it is back', async () => {
  const { link } = linked('away', 'b1')
  link.send('turn_start', { turn_index: 0 })
  link.open()
  await host.wait('away', ({ type }) => type === 'turn_start')
  await host.down()
  for (let index = 1; index <= 50; index += 1) link.send('turn_start', { turn_index: index })
  await host.up()
  await host.wait('away', ({ type, data }) => type === 'turn_start' && 'turn_index' in data && data.turn_index === 50)
  const indexes = host.entries('away').flatMap(({ type, data }) => (type === 'turn_start' && 'turn_index' in data ? [data.turn_index] : []))
  expect(indexes).toEqual(Array.from({ length: 51 }, (_, index) => index))
  // What the server has shown back is not waited for.
  const closingAt = performance.now()
  await link.close(60_000)
  expect(performance.now() - closingAt).toBeLessThan(5000)
})

test('an entry that was missed while the link was down takes effect when it is back', async () => {
  const { link, applied } = linked('missed', 'b1')
  link.open()
  await host.wait('missed', ({ type }) => type === 'registered')
  await host.down()
  const { aseq } = host.publish('missed', 'tool_result', { call_id: 'x', result: 1 })
  await host.up()
  await until(() => applied.some(({ seq }) => seq === aseq))
  expect(applied.map(({ seq }) => seq)).toEqual(applied.map((_, index) => (applied[0]?.seq ?? 0) + index))
  await link.close(500)
})

test('a new process gets the tools and the messages that were never applied, nothing older', async () => {
  const first = linked('reborn', 'b1')
  first.link.open()
  await host.wait('reborn', ({ type }) => type === 'registered')
  const [done, waiting] = [host.message('reborn', 'done').aseq ?? 0, host.message('reborn', 'waiting').aseq]
  first.link.send('message_applied', { aseq: done })
  await host.wait('reborn', ({ type }) => type === 'message_applied')
  host.publish('reborn', 'shutdown', {})
  await first.link.close(500)

  const second = linked('reborn', 'b2')
  second.link.open()
  await until(() => second.applied.some(({ type }) => type === 'registered'))
  expect(second.applied.map(({ type, seq }) => (type === 'message' ? seq : type))).toEqual([waiting, 'registered'])
  await second.link.close(500)
})

test('an event that the server refuses is given up and told', async () => {
  const { link, refused } = linked('refused', 'b1')
  link.open()
  await host.wait('refused', ({ type }) => type === 'registered')
  const reserved = link.send('tool_result', { call_id: 'forged' })
  await until(() => refused.length > 0)
  expect(refused).toEqual([[reserved, expect.stringContaining('tool_result')]])
  const large = link.send('tool_call', { params: 'x'.repeat(5_000_000) })
  await until(() => refused.length > 1)
  expect(refused[1]?.[0]).toBe(large)
  // Neither is in the way of what follows.
  link.send('turn_end', { turn_index: 7 })
  await host.wait('refused', ({ type }) => type === 'turn_end')
  await link.close(500)
})

test('an exception while an entry takes effect loses neither the next entry nor the link', async () => {
  const { link, applied } = linked('clumsy', 'b1', {
    apply: ({ type }) => {
      if (type === 'message') throw new Error('clumsy')
    },
  })
  link.open()
  await host.wait('clumsy', ({ type }) => type === 'registered')
  host.message('clumsy', 'one')
  host.message('clumsy', 'two')
  await until(() => applied.filter(({ type }) => type === 'message').length === 2)
  await link.close(500)
})

test('whoever is turned away tries again later and later, not at once', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  const attempts: number[] = []
  const tokens: (string | undefined)[] = []
  server.on('connection', (socket: ServerSocket, request) => {
    attempts.push(performance.now())
    tokens.push(request.headers.authorization)
    socket.close(4001, 'unknown agent')
  })
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  const { link } = linked('stranger', 'b1', { url: `ws://127.0.0.1:${port}`, token: 't' })
  link.open()
  await until(() => attempts.length === 4)
  await link.close(0)
  const gaps = attempts.slice(1).map((at, index) => at - (attempts[index] ?? 0))
  expect(gaps.map((gap, index) => gap >= 95 * 2 ** index)).toEqual([true, true, true])
  expect(tokens[0]).toBe('Bearer t')
  await new Promise((resolve) => server.close(resolve))
})

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await delay(5)
}
