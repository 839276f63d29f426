import { once } from 'node:events'
import { decode, encode } from '@msgpack/msgpack'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Entry } from '../../src/log/events.ts'
import { startAgentServer } from '../../src/wire/server.ts'
import { event, open, served, TOKENS, upTo } from './client.ts'
import { memoryHost, RUN } from './host.ts'

describe('a client', () => {
  test('that registers sees its own register come back, then its tools', async () => {
    const { server, host } = await served()
    const client = await open(server)
    client.send(event('register', { execution_id: RUN, boot: 'b1' }, 'b1:1'))
    await client.got(2)
    expect(client.frames).toMatchObject([
      { type: 'register', seq: 1, origin: 'agent', id: 'b1:1', ts: 1795254067.25 },
      { type: 'registered', seq: 2, origin: 'server', data: { tools: [] } },
    ])
    expect(host.received[0]?.connection).toMatchObject({ registered: true, boot: 'b1' })
  })

  test('that names another run is told so', async () => {
    const { server } = await served()
    const client = await open(server)
    client.send(event('register', { execution_id: 'other' }))
    await client.got(2)
    expect(client.frames[1]).toMatchObject({ type: 'error', data: { error: 'Execution ID mismatch' } })
  })

  test('gets the result of a tool call, or the error of an unknown tool', async () => {
    const { server } = await served()
    const client = await open(server)
    client.send(event('tool_call', { call_id: 'c1', tool: 'echo', params: { a: 1 } }))
    client.send(event('tool_call', { call_id: 'c2', tool: 'nope', params: {} }))
    await client.got(4)
    expect(client.frames[1]?.data).toEqual({ call_id: 'c1', result: { a: 1 } })
    expect(client.frames[3]?.data).toEqual({ call_id: 'c2', error: "Unknown tool 'nope' for agent 'alice'" })
  })

  test('that sends the same event id twice has it recorded once', async () => {
    const { server, host } = await served()
    const client = await open(server)
    client.send(event('own', { n: 1 }, 'b:1'))
    client.send(event('own', { n: 1 }, 'b:1'))
    client.send(event('own', { n: 2 }, 'b:2'))
    await client.got(2)
    expect(host.entries.get('alice')).toHaveLength(2)
    expect(client.frames.map((frame) => frame.id)).toEqual(['b:1', 'b:2'])
  })

  test('that was told to go is not heard any more, whatever was on its way', async () => {
    const { server, host } = await served()
    const client = await open(server)
    client.send(event('own', { n: 1 }))
    await client.got(1)
    server.disconnect('alice', 1000, 'shutdown')
    client.send(event('register', { execution_id: RUN }))
    await client.closed
    expect(host.received).toHaveLength(1)
  })

  test('is not read while the run is behind, and loses nothing by it', async () => {
    const { server, host } = await served()
    let backlog = 1_000_000
    host.backlog = () => backlog
    const [alice, bob] = await Promise.all([open(server), open(server, { agent: 'bob' })])
    alice.send(event('own', { n: 1 }))
    await alice.got(1)
    alice.send(event('own', { n: 2 }))
    alice.send(event('own', { n: 3 }))
    bob.send(event('own', { n: 4 }))
    await bob.got(1)
    expect(host.received.map(({ event: { data } }) => data.n)).toEqual([1, 4])
    backlog = 0
    await alice.got(3)
    expect(host.received.map(({ event: { data } }) => data.n)).toEqual([1, 4, 2, 3])
  })

  test('reports activity under a name of its own', async () => {
    const { server } = await served()
    const client = await open(server)
    client.send(event('compacted', { tokens: 7 }))
    await client.got(1)
    expect(client.frames[0]).toMatchObject({ type: 'compacted', data: { tokens: 7 }, origin: 'agent' })
  })

  test('hears every entry of its agent and none of another', async () => {
    const { server, host } = await served()
    const [alice, viewer, bob] = await Promise.all([open(server), open(server), open(server, { agent: 'bob' })])
    host.say('alice', 'message', { text: 'to alice' })
    host.say('bob', 'message', { text: 'to bob' })
    host.say('alice', 'shutdown')
    await Promise.all([alice.got(2), viewer.got(2), bob.got(1)])
    expect(viewer.frames).toEqual(alice.frames)
    expect(bob.frames.map((frame) => frame.data)).toEqual([{ text: 'to bob' }])
  })

  test('that syncs gets everything above its cursor in order, then what comes later', async () => {
    const { server, host } = await served()
    for (const n of upTo(20)) host.say('alice', 'message', { n })
    const client = await open(server)
    client.send({ type: 'sync', after: 5 })
    await client.got(15)
    host.say('alice', 'shutdown')
    await client.got(16)
    expect(client.seqs()).toEqual(upTo(21).slice(5))
  })

  test('without a sync starts with what is published next', async () => {
    const { server, host } = await served()
    host.say('alice', 'message')
    const client = await open(server)
    host.say('alice', 'shutdown')
    await client.got(1)
    expect(client.seqs()).toEqual([2])
  })

  test('of a run that was resumed is not sent the history that it did not ask for', async () => {
    const { server, host } = await served()
    host.entries.set(
      'alice',
      upTo(40).map((aseq) => ({ aseq, agent: 'alice', type: 'message', data: {}, time: '2026-11-21T09:41:07Z' }) as never),
    )
    const client = await open(server)
    host.say('alice', 'shutdown')
    await client.got(1)
    expect(client.seqs()).toEqual([41])
    expect(host.asked).toEqual([])
  })

  test('that syncs after the last entry gets nothing but what is newer', async () => {
    const { server, host } = await served()
    host.say('alice', 'message')
    const client = await open(server)
    client.send({ type: 'sync', after: 1 })
    client.send(event('own'))
    await client.got(1)
    expect(client.seqs()).toEqual([2])
  })

  test('tells its boot id to whoever answers its syncs', async () => {
    const { server, host } = await served()
    const client = await open(server)
    client.send({ type: 'sync', after: 0 })
    client.send(event('register', { execution_id: RUN, boot: 'b7' }))
    client.send({ type: 'sync', after: 0 })
    await host.until(() => host.received.length > 0)
    await client.got(2)
    expect(host.asked.at(-1)).toEqual({ agent: 'alice', after: 0, boot: 'b7' })
    expect(host.asked[0]?.boot).toBeNull()
  })

  test('that speaks MessagePack gets the same objects in binary frames', async () => {
    const { server } = await served()
    const [plain, client] = await Promise.all([open(server), open(server, { protocols: ['ramure.msgpack'] })])
    client.ws.removeAllListeners('message')
    const next = once(client.ws, 'message')
    expect(client.ws.protocol).toBe('ramure.msgpack')
    client.ws.send(encode(event('own', { n: 1, raw: new Uint8Array([104, 105]) }, 'b:1')))
    const [bytes, isBinary] = (await next) as [Buffer, boolean]
    await plain.got(1)
    expect(isBinary).toBe(true)
    expect(decode(bytes)).toEqual(plain.frames[0])
    expect(plain.frames[0]?.data).toEqual({ n: 1, raw: 'aGk=' })
  })
})

describe('a token', () => {
  test('may come as a subprotocol, which is answered', async () => {
    const { server } = await served()
    const client = await open(server, { token: null, protocols: [`ramure.bearer.${TOKENS.alice}`] })
    expect(client.ws.protocol).toBe(`ramure.bearer.${TOKENS.alice}`)
  })

  test('may come beside the wish for MessagePack', async () => {
    const { server } = await served()
    const client = await open(server, { token: null, protocols: [`ramure.bearer.${TOKENS.alice}`, 'ramure.msgpack'] })
    expect(client.ws.protocol).toBe('ramure.msgpack')
  })

  test('is taken from the WebSocket that Node has built in', async () => {
    const { server, host } = await served()
    const ws = new globalThis.WebSocket(`${server.url}/agents/alice/ws`, [`ramure.bearer.${TOKENS.alice}`])
    await once(ws, 'open')
    const message = once(ws, 'message')
    host.say('alice', 'shutdown')
    const [heard] = (await message) as [{ data: string }]
    expect(JSON.parse(heard.data)).toMatchObject({ type: 'shutdown', seq: 1 })
    ws.close()
  })
})

describe('the host', () => {
  test('is told when a connection that registered closes, and never of a viewer', async () => {
    const { server, host } = await served()
    const [viewer, agent] = await Promise.all([open(server), open(server)])
    viewer.send({ type: 'sync', after: 0 })
    agent.send(event('register', { execution_id: RUN }))
    await agent.got(2)
    viewer.ws.close()
    await viewer.closed
    agent.ws.terminate()
    await host.until(() => host.gone.length > 0)
    expect(host.gone).toEqual([{ agent: 'alice', connection: host.received[0]?.connection }])
    expect(server.connectionCount()).toBe(0)
  })

  test('can close one connection and leave the others', async () => {
    const { server, host } = await served()
    const [first, second] = await Promise.all([open(server), open(server)])
    first.send(event('register', { execution_id: RUN }))
    await first.got(2)
    server.closeConnection(host.received[0]!.connection, 4002, 'replaced')
    expect(await first.closed).toEqual({ code: 4002, reason: 'replaced' })
    host.say('alice', 'shutdown')
    await second.got(3)
  })

  test('can close all connections of an agent, with a reason of any length', async () => {
    const { server } = await served()
    const [one, two, bob] = await Promise.all([open(server), open(server), open(server, { agent: 'bob' })])
    server.disconnect('alice', 4003, 'é'.repeat(200))
    expect((await one.closed).code).toBe(4003)
    expect((await two.closed).reason).toBe('é'.repeat(61))
    expect(bob.ws.readyState).toBe(bob.ws.OPEN)
  })
})

describe('closing', () => {
  test('lets clients have the last entries, says goodbye and frees the port', async () => {
    const { server, host } = await served()
    const client = await open(server)
    client.send(event('register', { execution_id: RUN }))
    await client.got(2)
    host.say('alice', 'shutdown')
    await Promise.all([server.close(), server.close()])
    expect(await client.closed).toEqual({ code: 1001, reason: 'the run has ended' })
    expect(client.frames.at(-1)?.type).toBe('shutdown')
    expect(host.gone).toEqual([])
    const again = await startAgentServer(memoryHost(TOKENS), { port: server.port })
    await again.close()
  })

  test('does not wait for ever for a client that does not answer', async () => {
    const { server } = await served()
    const client = await open(server)
    client.ws.pause()
    const closing = performance.now()
    await server.close()
    expect(performance.now() - closing).toBeLessThan(4_000)
  })
})

test('the port that is taken is an error', async () => {
  const { server, host } = await served()
  await expect(startAgentServer(host, { port: server.port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
})

test('the url is that of the loopback address, or the one given', async () => {
  const { server } = await served({ baseUrl: 'wss://runs.example/x/' })
  const { server: plain } = await served()
  expect(server.url).toBe('wss://runs.example/x')
  expect(plain.url).toBe(`ws://127.0.0.1:${plain.port}`)
})

test('of an agent whose token is gone nothing is kept once its last listener has left', async () => {
  const tokens = new Map([['alice', 'token-of-alice']])
  const host = memoryHost(Object.fromEntries(tokens))
  const server = await startAgentServer(Object.assign(host, { token: (agent: string) => tokens.get(agent) ?? null }))
  host.serve(server)
  onTestFinished(() => server.close())
  for (let n = 0; n < 2_000; n += 1) server.publish(lastOf(`gone-${n}`))
  expect(server.agentCount()).toBe(0)
  host.say('alice', 'message', { text: 'one' })
  const viewer = await open(server)
  tokens.delete('alice')
  host.say('alice', 'agent_exited', {})
  await viewer.got(1)
  expect(server.agentCount()).toBe(1)
  viewer.ws.close()
  await new Promise<void>((resolve) => {
    const look = () => (server.agentCount() === 0 ? resolve() : void setImmediate(look))
    look()
  })
  expect(server.connectionCount()).toBe(0)
})

function lastOf(agent: string): Entry {
  return { seq: 1, time: '', type: 'agent_exited', by: 'world', scope: '/', agent, aseq: 9, data: {} } as unknown as Entry
}
