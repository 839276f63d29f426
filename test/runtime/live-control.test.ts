import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { agent } from '../../src/runtime/agent.ts'
import { connect } from '../../src/runtime/connect.ts'
import { scripted } from '../../src/runtime/driver-choice.ts'
import { sleep } from '../../src/runtime/effects.ts'
import { expose } from '../../src/runtime/endpoint.ts'
import { done, wait } from '../../src/runtime/process.ts'
import { control } from '../../src/wire/control-client.ts'
import { codeOf, type Live, leftBehind, start, thrownBy } from './harness.ts'

/** A run with two agents and some endpoints, and its control socket. */
async function served() {
  const live = start(async () => {
    const echo = await agent('echo', {
      driver: scripted(async (me) => {
        for await (const { text } of me.messages) me.report('heard', { text })
      }),
    })
    connect(echo, await agent('deaf', { driver: scripted(() => {}) }), { direction: 'forward' })
    expose('double', { description: 'Doubles.', input: z.object({ n: z.number() }) }, ({ n }) => n * 2)
    expose('broken', () => Promise.reject(new RangeError('not today')))
    expose('endless', () => new Promise(() => {}))
    expose('finish', () => void done('asked'))
    await sleep(1)
    return wait()
  })
  await live.until('timer_fired')
  return { live, client: await controlOf(live) }
}

async function controlOf(live: Live) {
  const { data } = await live.until('run_started')
  const client = control(join(live.home, 'runtimes', `${data.run}.sock`))
  onTestFinished(() => client.close())
  return client
}

describe('the control socket of a run', () => {
  test('tells its status, its agents and its endpoints', async () => {
    const { live, client } = await served()
    const status = await client.request({ cmd: 'status' })
    const { data } = await live.until('run_started')
    expect(status).toMatchObject({
      execution_id: data.run,
      pid: process.pid,
      server_url: data.server_url,
      agents: [
        { name: 'echo', state: 'registered', tmux_session: null },
        { name: 'deaf', state: 'registered' },
      ],
      connections: [{ a: 'echo', b: 'deaf' }],
    })
    expect(await client.request({ cmd: 'agent', name: 'echo' })).toMatchObject({ name: 'echo' })
    const { endpoints } = await client.request({ cmd: 'endpoints' })
    expect(endpoints).toMatchObject([
      { name: 'double', description: 'Doubles.', parameters: { type: 'object', required: ['n'] } },
      { name: 'broken' },
      { name: 'endless' },
      { name: 'finish' },
    ])
    await client.request({ cmd: 'stop' })
    await live.ended
  })

  test('delivers a message, and says whether the agent has it', async () => {
    const { live, client } = await served()
    expect(await client.request({ cmd: 'send', agent: 'echo', text: 'hi', caller: 'external:cli' })).toEqual({
      ok: true,
      verdict: 'delivered',
    })
    expect((await live.until('agent_activity')).data).toEqual({ event: 'heard', data: { text: 'hi' } })
    expect(await codeOf(() => client.request({ cmd: 'send', agent: 'nobody', text: 'hi' }))).toMatch(/^ERR_/)
    await client.request({ cmd: 'call', endpoint: 'finish', kwargs: {} })
    const recording = await live.ended
    expect(recording.of('cli_send')[0]?.data).toEqual({ agent: 'echo', text: 'hi', caller: 'external:cli' })
    expect(recording.value()).toBe('asked')
  })

  test('calls endpoints of the root and hands back result or error', async () => {
    const { live, client } = await served()
    const call = (endpoint: string, kwargs = {}) => client.request({ cmd: 'call', endpoint, kwargs, caller: 'external:me' })
    expect(await call('double', { n: 4 })).toEqual({ ok: true, result: 8 })
    expect((await thrownBy(() => call('double', { n: 'x' }))).message).toContain('n: ')
    expect((await thrownBy(() => call('broken'))).message).toBe('not today')
    expect(await thrownBy(() => call('nothing'))).toMatchObject({ code: expect.stringMatching(/UNKNOWN_ENDPOINT/) })
    expect(await call('finish')).toMatchObject({ ok: true })
    const recording = await live.ended
    expect(recording.of('endpoint_called').map(({ data }) => [data.endpoint, data.caller])[0]).toEqual(['double', 'external:me'])
    expect(
      recording
        .of('endpoint_returned')
        .map(({ data }) => data.ok)
        .slice(0, 3),
    ).toEqual([true, false, false])
  })

  test('answers calls that the end of the run cuts short', async () => {
    const { live, client } = await served()
    const cut = codeOf(() => client.request({ cmd: 'call', endpoint: 'endless', kwargs: {} }))
    await live.until('endpoint_called')
    await (await controlOf(live)).request({ cmd: 'stop' })
    expect(await cut).toMatch(/^ERR_(PROCESS_ENDED|RUN_ENDED)$/)
    await live.ended
  })

  test('answers unconfirmed when the run ends before the agent had the message', async () => {
    const { live, client } = await served()
    const sent = client.request({ cmd: 'send', agent: 'deaf', text: 'hi' })
    await live.until('message', (entry) => entry.agent === 'deaf')
    await (await controlOf(live)).request({ cmd: 'stop' })
    expect(await sent).toEqual({ ok: true, verdict: 'unconfirmed' })
    await live.ended
  })

  test('stops the run, with a reason; it ends as cancelled and the socket is gone', async () => {
    const { live, client } = await served()
    expect(await client.request({ cmd: 'stop', reason: 'lunch', caller: 'external:cli' })).toEqual({ ok: true })
    const recording = await live.ended
    expect(recording.error()).toMatchObject({ code: 'ERR_CANCELLED', reason: 'lunch', by: 'external:cli' })
    expect(recording.of('run_ended')[0]?.data.outcome).toBe('cancelled')
    expect(await leftBehind(live.home)).toEqual([])
    expect(existsSync(join(live.home, 'runtimes', `${recording.run}.sock`))).toBe(false)
  })

  test('gives every entry to a follower, the last one included', async () => {
    const { live, client } = await served()
    const following = Array.fromAsync(client.follow(0))
    await client.request({ cmd: 'stop' })
    const recording = await live.ended
    expect((await following).map(({ seq }) => seq)).toEqual(recording.entries.map(({ seq }) => seq))
  })
})
