import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { agent } from '../../src/runtime/agent.ts'
import { scripted } from '../../src/runtime/driver-choice.ts'
import { sleep } from '../../src/runtime/effects.ts'
import { expose } from '../../src/runtime/endpoint.ts'
import { agentProcess, done, emit, fail, spawn, wait } from '../../src/runtime/process.ts'
import { scopeNow } from '../../src/runtime/scope.ts'
import { codeOf, record, thrownBy } from './harness.ts'

const service = agentProcess('service', async () => {
  let total = 0
  expose('add', { description: 'Adds.', input: z.object({ n: z.number().default(1) }) }, ({ n }) => (total += n))
  expose('where', () => scopeNow()?.path)
  expose('slow', async () => sleep(2).then(() => 'slept'))
  expose('broken', () => Promise.reject(new RangeError('not today')))
  expose('shout', () => void emit('shouted'))
  expose('finish', () => void done('finished'))
  expose('give_up', () => void fail('gave up'))
  return wait()
})

describe('an endpoint', () => {
  test('is called through the handle, checks and completes its arguments, and runs in the child', async () => {
    const recording = await record(async () => {
      const handle = spawn(service)
      return [await handle.call('add', { n: 4 }), await handle.call('add'), await handle.call('where'), await handle.call('slow')]
    })
    expect(recording.value()).toEqual([4, 5, '/main#0/service#0/on:call(where)#0', 'slept'])
    expect(recording.of('endpoint_called').map(({ data }) => [data.endpoint, data.kwargs, data.caller])[0]).toEqual([
      'add',
      { n: 4 },
      '/main#0',
    ])
    expect(recording.of('endpoint_returned').map(({ data }) => data.ok)).toEqual([true, true, true, true])
  })

  test('affects the child and not its caller with emit, done and fail', async () => {
    const recording = await record(async () => {
      const [one, two] = [spawn(service), spawn(service)]
      await one.call('shout')
      await one.call('finish')
      await two.call('give_up')
      return [await one.result, (await thrownBy(() => two.result)).message]
    })
    expect(recording.value()).toEqual(['finished', 'gave up'])
    expect(recording.of('emit')[0]?.scope).toBe('/main#0/service#0/on:call(shout)#0')
  })

  test('that does not exist is said so, with those that do; nothing that a caller makes up becomes part of a path', async () => {
    const names = ['nothing', 'constructor', '__proto__', 'a)#0/x', '../..']
    const recording = await record(async () => {
      const handle = spawn(service)
      return Promise.all(
        names.map(async (name) => thrownBy(() => handle.call(name)).then(({ message, code, hint }) => [message, code, hint])),
      )
    })
    for (const [index, said] of recording.value<string[][]>().entries()) {
      expect(said.slice(0, 2)).toEqual([`No endpoint '${names[index]}'`, 'ERR_UNKNOWN_ENDPOINT'])
      expect(said[2]).toContain('add, where, slow')
    }
    expect(new Set(recording.of('endpoint_returned').map(({ scope }) => scope.replace(/\d+$/, '')))).toEqual(
      new Set(['/main#0/service#0/on:call(?)#']),
    )
  })

  test('hands its own error to the caller, and arguments that do not fit name field and rule', async () => {
    const recording = await record(async () => {
      const handle = spawn(service)
      const broken = await thrownBy(() => handle.call('broken'))
      const wrong = await thrownBy(() => handle.call('add', { n: 'four' }))
      return [broken.name, broken.message, wrong.code, wrong.message]
    })
    expect(recording.value()).toEqual(['RangeError', 'not today', 'ERR_TOOL_ARGUMENTS', expect.stringMatching(/'add'.*n: .*number/)])
  })

  test('of a process that has ended answers with an error, as does a call that the end cuts short', async () => {
    const recording = await record(async () => {
      const handle = spawn(service)
      const cut = codeOf(() => handle.call('slow'))
      await handle.cancel()
      return [await cut, await codeOf(() => handle.call('add'))]
    })
    expect(recording.value()).toEqual([expect.stringMatching(/^ERR_/), 'ERR_PROCESS_ENDED'])
  })

  test('that nobody awaits does not escape as an unhandled rejection', async () => {
    const recording = await record(async () => {
      const handle = spawn(service)
      void handle.call('broken')
      void handle.call('slow')
      await sleep(1)
    })
    expect(recording.value()).toBeUndefined()
  })

  test('has a legal name and a function', async () => {
    const names = ['../../x', 'a;b', '-t', '🦊', '', 'x'.repeat(65), '__proto__', 'a b']
    const recording = await record(async () => [
      ...(await Promise.all(names.map((name) => codeOf(() => expose(name, () => {}))))),
      await codeOf(() => expose('x', 5 as never)),
      await codeOf(() => expose('x', { input: z.string() as never }, () => {})),
    ])
    expect(recording.value()).toEqual([...names.map(() => 'ERR_BAD_NAME'), 'TypeError', 'ERR_TOOL_SCHEMA'])
  })
})

describe('attach', () => {
  const asking = (...calls: [string, Record<string, unknown>?][]) =>
    scripted(async (me) => {
      await me.next()
      for (const [tool, params] of calls) await me.call('heard', { said: await me.call(tool, params).catch(String) })
      await me.call('over', { tools: me.tools })
    })

  async function attached(driver: ReturnType<typeof scripted>, options?: { only?: string[]; prefix?: string }) {
    const recording = await record(async () => {
      const handle = spawn(service)
      const worker = await agent('worker', { driver })
      const heard: unknown[] = []
      worker.on('heard', { input: { type: 'object' } }, ({ said }) => void heard.push(said))
      worker.on('over', { input: { type: 'object' } }, ({ tools }) => void done([heard, tools]))
      handle.attach(worker, options)
      await worker.send('go')
      return wait()
    })
    return recording.value<[unknown[], string[]]>()
  }

  test('makes tools of all endpoints, which run in the child', async () => {
    const [heard, tools] = await attached(asking(['add', { n: 2 }], ['add', { n: 'x' }], ['where']))
    expect(heard).toEqual([2, expect.stringContaining('n: '), '/main#0/service#0/on:call(where)#0'])
    expect(tools).toEqual([
      'message',
      'send_file',
      'download_file',
      'heard',
      'over',
      'add',
      'where',
      'slow',
      'broken',
      'shout',
      'finish',
      'give_up',
    ])
  })

  test('with only and prefix makes exactly those', async () => {
    const [heard, tools] = await attached(asking(['p_add'], ['add']), { only: ['add'], prefix: 'p_' })
    expect(heard).toEqual([1, expect.stringContaining("Unknown tool 'add' for agent 'worker'")])
    expect(tools.slice(5)).toEqual(['p_add'])
  })

  test('refuses unknown names, bad prefixes and reserved tools before it adds anything', async () => {
    const recording = await record(async () => {
      const handle = spawn(agentProcess('odd', async () => (expose('fine', () => {}), expose('read', () => {}), wait())))
      const worker = await agent('worker', { driver: scripted(() => {}) })
      return [
        await codeOf(() => handle.attach(worker, { only: ['fine', 'nothing'] })),
        await codeOf(() => handle.attach(worker, { prefix: '../' })),
        await codeOf(() => handle.attach(worker)),
      ]
    })
    expect(recording.value()).toEqual(['ERR_UNKNOWN_ENDPOINT', 'ERR_BAD_NAME', 'ERR_TOOL_RESERVED'])
    expect(recording.of('tool_registered')).toEqual([])
  })
})
