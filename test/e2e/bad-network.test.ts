import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { agent, agentProcess, done, expose, localImage, wait } from '../../src/index.ts'
import { type Proxy, startProxy } from './proxy.ts'
import { type Live, openWorld, said, until, type World } from './world.ts'

/** An agent whose connection breaks while a call is under way: no call is lost, none happens twice. */
const ANY = { type: 'object' }

const patient = (workdir: string, port: number, proxyPort: number) =>
  agentProcess(
    'patient',
    async () => {
      const alice = await agent('alice')
      const asked: number[] = []
      const gates = new Map<number, PromiseWithResolvers<string>>()
      const gate = (n: number): PromiseWithResolvers<string> => {
        const found = gates.get(n) ?? Promise.withResolvers<string>()
        gates.set(n, found)
        return found
      }
      alice.on('slow', { input: ANY }, ({ n }: { n: number }) => {
        asked.push(n)
        return gate(n).promise
      })
      expose('open', { input: ANY }, ({ n }: { n: number }) => gate(n).resolve(`opened ${n}`))
      expose('end', () => done(asked))
      return wait<number[]>()
    },
    { image: localImage({ workdir }), port, baseUrl: `ws://127.0.0.1:${proxyPort}` },
  )

let world: World
let proxy: Proxy
let program: ReturnType<typeof patient>
let live: Live
let rounds = 0
beforeAll(async () => {
  world = await openWorld()
  const port = await freePort()
  proxy = await startProxy(port)
  program = patient(world.project, port, proxy.port)
  live = await world.start(program, [])
  await live.wait('registered', () => true)
})
afterAll(async () => {
  await world[Symbol.asyncDispose]()
  await proxy.close()
})

/** One call that is answered, with trouble on the way. */
async function round(trouble: (answer: () => Promise<unknown>) => Promise<void>): Promise<void> {
  const n = (rounds += 1)
  const since = live.now()
  const sent = live.send('alice', `call slow {"n":${n}} ;; say got ${n}`)
  await trouble(() => live.call('open', { n }))
  await sent
  await live.wait('message_end', said('alice', `got ${n}`), since)
  expect(live.of('tool_call', since).map(({ params }) => params)).toEqual([{ n }])
  expect(live.of('tool_result', since).map(({ result }) => result)).toEqual([`opened ${n}`])
  expect(live.of('pi_tool_result', since).map(({ text, is_error }) => [text, is_error])).toEqual([[`opened ${n}`, false]])
}

const called = (): Promise<unknown> => live.wait('tool_call', ({ params }) => (params as { n: number }).n === rounds)
const disconnections = (): number => live.of('disconnected').length
const registrations = (): number => live.of('register').length

test('an answer given while the agent is away waits for it', async () => {
  await round(async (answer) => {
    await called()
    const before = disconnections()
    proxy.down()
    await until(() => disconnections() > before)
    await answer()
    proxy.up()
  })
})

test('an answer that was lost on the way is given again, and the call is not made again', async () => {
  await round(async (answer) => {
    await called()
    proxy.swallow('to-agent')
    await answer()
    proxy.cut()
  })
})

test('a call that was lost on the way is made again', async () => {
  proxy.swallow('to-server')
  await round(async (answer) => {
    await until(() => proxy.swallowed().some((frame) => frame.includes('"event_type":"tool_call"')))
    expect(live.of('tool_call')).toHaveLength(rounds - 1)
    proxy.cut()
    await called()
    await answer()
  })
})

test('a connection that breaks again and again in one call changes nothing', async () => {
  await round(async (answer) => {
    await called()
    for (let cuts = 0; cuts < 3; cuts += 1) {
      const before = registrations()
      proxy.cut()
      await until(() => registrations() > before)
    }
    await answer()
    proxy.cut()
  })
})

test('a connection that breaks every few entries loses nothing of a conversation', async () => {
  for (const every of [1, 2, 2]) {
    await round(async (answer) => {
      const answered = called().then(answer)
      // Each return makes two entries of its own: there is always a next one.
      for (let cuts = 0; cuts < 4; cuts += 1) {
        const next = live.now() + every
        await until(() => live.now() >= next)
        proxy.cut()
      }
      await answered
    })
  }
})

test('it was one agent all the time, each call was handled once, and the recording reruns identically', async () => {
  await live.call('end')
  const asked = Array.from({ length: rounds }, (_, index) => index + 1)
  expect(await live.result).toEqual({ status: 'fulfilled', value: asked })
  expect(new Set(live.of('register').map(({ boot }) => boot)).size).toBe(1)
  expect(proxy.connectionCount()).toBeGreaterThan(10)
  expect(live.of('message_applied')).toHaveLength(rounds)
  await world.nothingIsLeftOf(live.run)
  await world.rerunsIdentically(program, live.run)
})

/** Below the ports that the system hands out, so that nobody is given it by accident. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(12_000, 32_000)
    const server = createServer()
    const isFree = await Promise.race([
      once(server.listen(port, '127.0.0.1'), 'listening').then(() => true),
      once(server, 'error').then(() => false),
    ])
    if (!isFree) continue
    server.close()
    await once(server, 'close')
    return port
  }
}
