import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { connections, edges } from '../../src/projections/connections.ts'
import { agent } from '../../src/runtime/agent.ts'
import { connect } from '../../src/runtime/connect.ts'
import { scripted } from '../../src/runtime/driver-choice.ts'
import { agentProcess } from '../../src/runtime/process.ts'
import { requireScope } from '../../src/runtime/scope.ts'
import { type AgentFile, agentFileOf, connectAs, registeredAs } from './external-client.ts'
import { record, start } from './harness.ts'

test('connections of agents that are gone are not kept', async () => {
  const driver = scripted(() => {})
  const visit = agentProcess('visit', async (name: string) => {
    await agent(name, { driver })
    connect(name, 'host')
  })
  const recording = await record(async () => {
    await agent('host', { driver })
    const { run } = requireScope('the test')
    for (const name of ['one', 'two', 'three']) await visit(name)
    return run.edges.size
  })
  expect(recording.value()).toBe(0)
})

test('an agent that gets the name of a former one does not get its connections', async () => {
  const recording = await record(async () => {
    const peer = await agent('peer', { driver: scripted(() => {}) })
    const first = agentProcess('first', async () => connect(await agent('helper', { driver: scripted(() => {}) }), peer))
    const second = agentProcess('second', async () => {
      const ask = async (call: (tool: string, params?: Record<string, unknown>) => Promise<unknown>) => {
        const said = await call('message', { receiver: 'peer', message: 'hello' }).catch((error: Error) => error.message)
        await call('tell', { said })
      }
      const helper = await agent('helper', { driver: scripted((me) => ask(me.call)) })
      return new Promise((resolve) =>
        helper.on<{ said: string }>('tell', { input: { properties: { said: {} } } }, ({ said }) => resolve(said)),
      )
    })
    await first()
    return second()
  })
  expect(recording.value()).toBe("'helper' is not connected to 'peer'")
  let state = connections.initial()
  for (const entry of recording.entries) state = connections.apply(state, entry)
  expect(edges(state)).toEqual([])
})

test('who looked on at a former agent of a name has no part in the next one', async () => {
  const played = (name: string) =>
    agentProcess(name, async () => {
      const helper = await agent('helper', { driver: 'external', graceMs: 1 })
      return new Promise<void>((resolve) => helper.on('finish', () => resolve()))
    })
  const live = start(async () => {
    await played('first')().catch(() => {})
    await played('second')()
  })
  const file = await agentFileOf(live, 'helper')
  const former = await registeredAs(file)
  const viewer = await connectAs(file)
  // It crashes, and nobody has said goodbye to who looks on.
  await former.drop()
  expect(await viewer.closed).toBe(1000)
  const { scope } = await live.until('agent_spawned', (entry) => entry.scope.includes('second'))
  expect(scope).toBe('/main#0/second#0')
  const { data } = await live.until('run_started')
  const next = await registeredAs(
    JSON.parse(readFileSync(join(live.home, 'runtimes', `${data.run}.agents`, 'helper.json'), 'utf8')) as AgentFile,
  )
  next.event('tool_call', { call_id: 'c', tool: 'finish' })
  await live.ended
})
