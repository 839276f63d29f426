import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, statSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { type AgentOptions, agent } from '../../src/runtime/agent.ts'
import { scripted } from '../../src/runtime/driver-choice.ts'
import { sleep } from '../../src/runtime/effects.ts'
import { agentProcess, done, wait } from '../../src/runtime/process.ts'
import { control } from '../../src/wire/control-client.ts'
import { agentFileOf, connectAs, registeredAs } from './external-client.ts'
import { type Live, leftBehind, start, thrownBy } from './harness.ts'

const PLAIN_CLIENT = fileURLToPath(new URL('../fixtures/plain_client.py', import.meta.url))

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

/** A run with one external agent that ends when the agent says so. */
function hosting(options: AgentOptions = {}) {
  return start(async () => {
    let handled = 0
    const worker = await agent('worker', { driver: 'external', ...options })
    worker.on('count', { input: { type: 'object' } }, () => (handled += 1))
    worker.on('slow', async () => sleep(30).then(() => 'slept'))
    worker.on('nap', async () => sleep(600))
    worker.on('finish', () => done(handled))
    return wait()
  })
}

/** Asks a run to stop, and waits until it has. */
async function stopped(live: Live): Promise<void> {
  const { data } = await live.until('run_started')
  const client = control(join(live.home, 'runtimes', `${data.run}.sock`))
  await client.request({ cmd: 'stop' })
  client.close()
  await live.ended
}

describe('a client with the agent file', () => {
  test('is the agent: registers, calls, gets entries in order, and is told to go', async () => {
    const live = hosting()
    const file = await agentFileOf(live, 'worker')
    const path = join(live.home, 'runtimes', `${file.execution_id}.agents`, 'worker.json')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    const client = await registeredAs(file)
    client.event('tool_call', { call_id: 'c1', tool: 'count' })
    expect((await client.got('tool_result')).data).toEqual({ call_id: 'c1', result: 1 })
    expect(existsSync(path)).toBe(false)
    client.event('tool_call', { call_id: 'c2', tool: 'finish', params: {} })
    const recording = await live.ended
    expect(recording.value()).toBe(1)
    await client.closed
    const seqs = client.frames.map(({ seq }) => seq)
    expect(seqs).toEqual(seqs.map((_, index) => (seqs[0] ?? 0) + index))
    expect(client.frames.map(({ type }) => type).slice(-2)).toEqual(['tool_result', 'shutdown'])
    expect(await leftBehind(live.home)).toEqual([])
  })

  test('may be written in another language and know nothing but the protocol', async () => {
    const live = start(async () => {
      const worker = await agent('worker', { driver: 'external' })
      worker.on('echo', { input: { type: 'object' } }, (input) => input)
      for await (const { type } of worker.events) if (type === 'note') break
    })
    const file = await agentFileOf(live, 'worker')
    const path = join(live.home, 'runtimes', `${file.execution_id}.agents`, 'worker.json')
    const { stdout } = await promisify(execFile)('python3', [PLAIN_CLIENT, path])
    expect(JSON.parse(stdout)).toMatchObject({ first: 'grüße', second: { n: 2 } })
    const recording = await live.ended
    expect(recording.value()).toBeUndefined()
    expect(recording.of('disconnected')).not.toEqual([])
  })

  test('that names another run is told so, and is not the agent', async () => {
    const live = hosting({ registerTimeoutMs: 60_000 })
    const file = await agentFileOf(live, 'worker')
    const stranger = await connectAs(file)
    stranger.event('register', { execution_id: 'other-run-00000000' })
    expect((await stranger.got('error')).data).toEqual({ error: 'Execution ID mismatch' })
    await stranger.drop()
    const client = await registeredAs(file)
    client.event('tool_call', { call_id: 'c', tool: 'finish' })
    const recording = await live.ended
    expect(recording.value()).toBe(0)
    expect(recording.of('disconnected')).toEqual([])
  })

  test('that sends the same call twice gets it done once, and what cannot be used is a warning', async () => {
    const live = hosting()
    const client = await registeredAs(await agentFileOf(live, 'worker'))
    for (const id of ['b:1', 'b:1', 'b:2']) client.event('tool_call', { call_id: 'same', tool: 'count' }, id)
    for (const data of [{}, { call_id: '' }, { call_id: 5, tool: 'count' }, { call_id: 'x'.repeat(300), tool: 'count' }])
      client.event('tool_call', data)
    client.event('message_applied', { aseq: 'one' })
    client.event('tool_call', { call_id: 'last', tool: 'finish' })
    const recording = await live.ended
    expect(recording.value()).toBe(1)
    expect(recording.of('tool_call').map(({ id }) => id)).toEqual(['b:1', 'b:2', undefined])
    expect(recording.of('tool_result').map(({ data }) => data.call_id)).toEqual(['same', 'last'])
    expect(recording.of('warning').map(({ data }) => data.code)).toContain('ERR_BAD_EVENT')
  })
})

test('an agent that nobody comes to play is told of with what its own driver needs', async () => {
  const live = start(async () => agent('worker', { driver: 'external', registerTimeoutMs: 20 }).then(() => null))
  const recording = await live.ended
  expect(recording.error()).toMatchObject({ code: 'ERR_AGENT_LAUNCH', hint: expect.stringContaining('its agent file') })
})

describe('a lost connection', () => {
  test('may come back within the grace window: calls in flight are answered, nobody notices', async () => {
    const live = hosting({ graceMs: 60_000 })
    const file = await agentFileOf(live, 'worker')
    const first = await registeredAs(file, 'boot')
    first.event('tool_call', { call_id: 'c1', tool: 'slow', params: {} }, 'boot:1')
    await first.got('tool_call')
    const cursor = first.frames.at(-1)?.seq ?? 0
    await first.drop()
    await live.until('disconnected')
    const second = await connectAs(file)
    second.event('register', { execution_id: file.execution_id, boot: 'boot' }, 'boot:2')
    second.sync(cursor)
    expect((await second.got('tool_result')).data).toEqual({ call_id: 'c1', result: 'slept' })
    second.event('tool_call', { call_id: 'c2', tool: 'finish' }, 'boot:3')
    const recording = await live.ended
    expect(recording.value()).toBe(0)
    expect(recording.of('disconnected')).toHaveLength(1)
  })

  test('that came back in time does not count any more when the window ends', async () => {
    const live = hosting({ graceMs: 400 })
    const file = await agentFileOf(live, 'worker')
    const first = await registeredAs(file, 'boot')
    await first.drop()
    await live.until('disconnected')
    const second = await connectAs(file)
    second.event('register', { execution_id: file.execution_id, boot: 'boot' })
    second.event('tool_call', { call_id: 'c1', tool: 'nap' })
    await second.got('tool_result')
    second.event('tool_call', { call_id: 'c2', tool: 'finish' })
    expect((await live.ended).value()).toBe(0)
  })

  test('that stays away fails the process after the grace window', async () => {
    const live = hosting({ graceMs: 20 })
    const client = await registeredAs(await agentFileOf(live, 'worker'))
    await client.drop()
    const recording = await live.ended
    expect(recording.error()).toMatchObject({ code: 'ERR_EXECUTION_FAILED', reason: "agent 'worker' disconnected" })
    expect(recording.of('agent_exited')[0]?.data).toMatchObject({ cause: 'disconnected' })
    expect(await leftBehind(live.home)).toEqual([])
  })

  test('of a viewer, or of a connection that a newer one replaced, is no loss', async () => {
    const live = hosting({ graceMs: 1 })
    const file = await agentFileOf(live, 'worker')
    const old = await registeredAs(file)
    const viewer = await connectAs(file)
    viewer.sync(0)
    await viewer.got('registered')
    const current = await registeredAs(file)
    await viewer.drop()
    await old.drop()
    current.event('tool_call', { call_id: 'c1', tool: 'slow' })
    await current.got('tool_result')
    current.event('tool_call', { call_id: 'c2', tool: 'finish' })
    const recording = await live.ended
    expect(recording.value()).toBe(0)
    expect(recording.of('disconnected')).toEqual([])
  })

  test('during the shutdown is expected', async () => {
    const live = hosting({ graceMs: 1 })
    const client = await registeredAs(await agentFileOf(live, 'worker'))
    client.event('tool_call', { call_id: 'c', tool: 'finish' })
    void client.got('shutdown').then(() => client.drop())
    expect((await live.ended).value()).toBe(0)
  })
})

describe('an agent that is gone', () => {
  test('lets nobody in any more, and shows its viewers out once they have its shutdown', async () => {
    const live = start(async () => {
      await agentProcess('first', async () => {
        const worker = await agent('worker', { driver: 'external' })
        worker.on('leave', () => done())
        return wait()
      })()
      await sleep(60_000)
    })
    const file = await agentFileOf(live, 'worker')
    const client = await registeredAs(file)
    const viewer = await connectAs(file)
    client.event('tool_call', { call_id: 'c', tool: 'leave' })
    expect(await Promise.all([client.closed, viewer.closed])).toEqual([1000, 1000])
    expect(viewer.frames.at(-1)?.type).toBe('shutdown')
    await live.until('agent_exited')
    expect(await (await connectAs(file)).closed).toBe(4001)
    await stopped(live)
  })

  test('by losing its connection as well', async () => {
    const live = start(async () => {
      await agentProcess('first', async () => {
        await agent('worker', { driver: 'external', graceMs: 1 })
        return wait()
      })().catch(() => {})
      await sleep(60_000)
    })
    const file = await agentFileOf(live, 'worker')
    const client = await registeredAs(file)
    const viewer = await connectAs(file)
    await client.drop()
    expect(await viewer.closed).toBe(1000)
    expect(viewer.frames.at(-1)?.type).toBe('shutdown')
    expect(await (await connectAs(file)).closed).toBe(4001)
    await stopped(live)
  })
})

describe('a name that is used again', () => {
  test('is counted on in the log, and begins with 1 for its own client and its viewers, who get nothing of the former agent', async () => {
    const live = start(async () => {
      await agentProcess('first', async () => {
        const worker = await agent('worker', {
          driver: scripted((me) => void (me.report('many', { last: 300 }), Array.from({ length: 300 }, (_, n) => me.report('n', { n })))),
        })
        for await (const { type, data } of worker.events) if (type === 'n' && (data as { n: number }).n === 299) return
      })()
      const worker = await agent('worker', { driver: 'external' })
      worker.on('finish', () => done())
      return wait()
    })
    await live.until('agent_created', (entry) => (entry.aseq ?? 0) > 300)
    await live.until('agent_spawned', (entry) => entry.scope === '/main#0')
    const file = await agentFileOf(live, 'worker')
    const client = await registeredAs(file)
    for (let n = 0; n < 300; n += 1) client.event('n', { n })
    await client.got('n', ({ n }) => n === 299)
    for (const after of [0, 280]) {
      const viewer = await connectAs(file)
      viewer.sync(after)
      await viewer.got('n', ({ n }) => n === 299)
      expect(viewer.frames[0]?.seq).toBe(after + 1)
      if (after === 0) expect(viewer.frames[0]?.type).toBe('agent_created')
    }
    client.event('tool_call', { call_id: 'c', tool: 'finish' })
    expect((await live.ended).result.status).toBe('fulfilled')
  })
})

describe('nobody', () => {
  test('takes a run down by knocking while it starts', async () => {
    const port = await freePort()
    const live = start(
      async () => {
        await sleep(20)
        return 'fine'
      },
      { port },
    )
    let isOver = false
    void live.ended.then(() => (isOver = true))
    const answers = new Set<string>()
    while (!isOver) {
      const { message } = await thrownBy(() =>
        connectAs({ server_url: `ws://127.0.0.1:${port}`, execution_id: 'x', agent: 'worker', token: 'wrong' }).then((client) =>
          client.closed.then((code) => Promise.reject(new Error(String(code)))),
        ),
      )
      answers.add(message.replace(/ .*/, ''))
    }
    expect((await live.ended).value()).toBe('fine')
    expect([...answers]).toContain('4001')
  })

  test('can connect after the run, or with a wrong token', async () => {
    const live = hosting()
    const file = await agentFileOf(live, 'worker')
    expect((await thrownBy(() => connectAs({ ...file, token: 'wrong' }))).message).toContain('401')
    const client = await registeredAs(file)
    client.event('tool_call', { call_id: 'c', tool: 'finish' })
    await live.ended
    expect(await thrownBy(() => connectAs(file))).toMatchObject({ code: 'ECONNREFUSED' })
  })
})
