import { expect, test } from 'vitest'
import { connections, edges } from '../../src/projections/connections.ts'
import { agent } from '../../src/runtime/agent.ts'
import { connect } from '../../src/runtime/connect.ts'
import { scripted } from '../../src/runtime/driver-choice.ts'
import { agentProcess } from '../../src/runtime/process.ts'
import { record } from './harness.ts'

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
