import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { localImage } from '../../src/machines/local.ts'
import { agent } from '../../src/runtime/agent.ts'
import type { AgentEvent } from '../../src/runtime/agent-record.ts'
import { connect } from '../../src/runtime/connect.ts'
import { type ScriptedAgent, scripted } from '../../src/runtime/driver-choice.ts'
import { done, wait } from '../../src/runtime/process.ts'
import { codeOf, record, temporaryHome } from './harness.ts'

const silent = { driver: scripted(() => {}) }

describe('connected agents', () => {
  const telling = (me: ScriptedAgent, receiver: string, message = 'hello') =>
    me.call('message', { receiver, message }).catch((error: Error) => `! ${error.message}`)

  async function* untilGot(events: AsyncIterable<AgentEvent>) {
    for await (const event of events) {
      yield event
      if (event.type === 'got') return
    }
  }

  test('may message each other; nobody else may, and refusals are recorded', async () => {
    const b = scripted(async (me) => void me.report('got', { ...(await me.next()) }))
    const a = scripted(async (me) => {
      await me.next()
      await me.call('hand_in', {
        heard: [await telling(me, 'b'), await telling(me, 'c'), await telling(me, 'nobody'), await telling(me, 'a')],
      })
    })
    const recording = await record(async () => {
      const [one, two] = [await agent('a', { driver: a }), await agent('b', { driver: b }), await agent('c', silent)]
      connect(one, two)
      one.on('hand_in', { input: { type: 'object' } }, ({ heard }) => void done(heard))
      await one.send('go')
      const heard = await wait()
      const events = await Array.fromAsync(untilGot(two.events))
      return [heard, events.at(-1)?.data]
    })
    expect(recording.value()).toEqual([
      ['Message sent to b.', "! 'a' is not connected to 'c'", "! Unknown agent 'nobody'", "! 'a' is not connected to 'a'"],
      { text: '[From: a] hello', from: 'a' },
    ])
    expect(recording.of('send_refused').map(({ data }) => data.to)).toEqual(['c', 'nobody', 'a'])
  })

  test('exchange files in the directions that were allowed, and only those', async () => {
    const home = temporaryHome()
    const [here, there] = [mkdtempSync(join(home, 'a-')), mkdtempSync(join(home, 'b-'))]
    writeFileSync(join(here, 'x.txt'), 'from a')
    writeFileSync(join(there, 'y.bin'), Buffer.from([0, 255, 1]))
    const play = scripted(async (me) => {
      await me.next()
      const calls = [
        ['send_file', { receiver: 'b', path: 'x.txt', dest_path: 'in/x.txt' }],
        ['download_file', { sender: 'b', path: 'y.bin' }],
        ['send_file', { receiver: 'b', path: 'missing' }],
        ['send_file', { receiver: 'b' }],
      ] as const
      const heard = []
      for (const [tool, params] of calls) heard.push(await me.call(tool, params).catch((error: Error) => `! ${error.message}`))
      await me.call('hand_in', { heard })
    })
    const recording = await record(async () => {
      const a = await agent('a', { driver: play, image: localImage({ workdir: here }) })
      const b = await agent('b', { ...silent, image: localImage({ workdir: there }) })
      connect(a, b, { direction: 'forward' })
      a.on('hand_in', { input: { type: 'object' } }, ({ heard }) => void done(heard))
      await a.send('go')
      return wait()
    })
    expect(recording.value()).toEqual([
      'Sent 6 bytes to b:in/x.txt.',
      "! 'b' is not connected to 'a'",
      expect.stringContaining('! ENOENT'),
      expect.stringMatching(/! .*'send_file'.*path/),
    ])
    expect(readFileSync(join(there, 'in/x.txt'), 'utf8')).toBe('from a')
  })

  test('are agents of this run, in a direction that exists', async () => {
    const recording = await record(async () => {
      const [a, b] = [await agent('a', silent), await agent('b', silent)]
      return [
        await codeOf(() => connect(a, 'nobody')),
        await codeOf(() => connect(a, undefined as never)),
        await codeOf(() => connect(a, b, { direction: 'back' as never })),
      ]
    })
    expect(recording.value()).toEqual(['ERR_UNKNOWN_AGENT', 'ERR_UNKNOWN_AGENT', 'ERR_CONNECT_DIRECTION'])
  })
})
