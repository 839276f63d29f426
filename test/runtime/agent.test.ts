import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { localImage } from '../../src/machines/local.ts'
import { agent } from '../../src/runtime/agent.ts'
import { scripted } from '../../src/runtime/driver-choice.ts'
import { sleep } from '../../src/runtime/effects.ts'
import { machine } from '../../src/runtime/machine-record.ts'
import { agentProcess, done, spawn, wait } from '../../src/runtime/process.ts'
import { scopeNow } from '../../src/runtime/scope.ts'
import { codeOf, leftBehind, record, thrownBy } from './harness.ts'

const silent = { driver: scripted(() => {}) }

/** An agent that calls these tools when it is told to, and hands in what it heard. */
function asking(...calls: [string, Record<string, unknown>?][]) {
  return scripted(async (me) => {
    await me.next()
    const heard: unknown[] = []
    for (const [tool, params] of calls) heard.push(await me.call(tool, params).catch((error: Error) => `! ${error.message}`))
    await me.call('hand_in', { heard })
  })
}

/** Runs one such agent; `equip` gives it its tools. Resolves with what it heard. */
async function heardBy(driver: ReturnType<typeof scripted>, equip: (worker: Awaited<ReturnType<typeof agent>>) => unknown) {
  const recording = await record(async () => {
    const worker = await agent('worker', { driver })
    await equip(worker)
    worker.on('hand_in', { input: { type: 'object' } }, ({ heard }) => void done(heard))
    await worker.send('go')
    return wait()
  })
  return { heard: recording.value<unknown[]>(), recording }
}

describe('an agent', () => {
  test('is there when it has registered, with its tools, the built-in ones first', async () => {
    let tools: readonly string[] = []
    const recording = await record(async () => {
      const worker = await agent('worker', { driver: scripted((me) => void (tools = me.tools)), systemPrompt: 'Be kind.', model: 'a/b' })
      return worker.name
    })
    expect(recording.value()).toBe('worker')
    expect(tools).toEqual(['message', 'send_file', 'download_file'])
    expect(recording.of('agent_created')[0]).toMatchObject({
      agent: 'worker',
      data: { system_prompt: true, model: 'a/b', driver: 'scripted' },
    })
    const own = recording.entries
      .filter((entry) => entry.agent === 'worker' && entry.by !== 'runtime')
      .map(({ type, aseq }) => [aseq, type])
    expect(own).toEqual([
      [1, 'agent_created'],
      [2, 'register'],
      [3, 'registered'],
      [4, 'shutdown'],
      [5, 'agent_exited'],
    ])
  })

  test.for(['../../x', 'a;b', '-t', '🦊', '', 'x'.repeat(65), '__proto__', 'a/b', 'a b', '1x'])('may not be called %j', async (name) => {
    const recording = await record(async () => codeOf(() => agent(name, silent)))
    expect(recording.value()).toBe('ERR_BAD_NAME')
    expect(recording.of('machine_created')).toEqual([])
  })

  test('has a name that nobody else in the run has, and leaves it free at its end', async () => {
    const child = agentProcess('child', async () => codeOf(() => agent('same', silent)))
    const owner = agentProcess('owner', async () => (await agent('other', silent)).name)
    const recording = await record(async () => {
      await agent('same', silent)
      const twice = await thrownBy(() => agent('same', silent))
      return [twice.message.startsWith("Agent 'same' already exists"), await child(), await owner(), await owner()]
    })
    expect(recording.value()).toEqual([true, 'ERR_AGENT_EXISTS', 'other', 'other'])
  })

  test('takes an image or a machine, not both, and no machine that was stopped', async () => {
    const recording = await record(async () => {
      const box = await machine()
      const both = await codeOf(() => agent('a', { ...silent, machine: box, image: localImage() }))
      const gone = await agentProcess('child', () => machine())()
      return [
        both,
        await codeOf(() => agent('b', { ...silent, machine: gone })),
        await codeOf(() => agent('c', { ...silent, machine: {} as never })),
      ]
    })
    expect(recording.value()).toEqual(['ERR_AGENT_OPTIONS', 'ERR_MACHINE_GONE', 'ERR_MACHINE_GONE'])
  })

  test('is told to go when its process ends; its machine is stopped once, after it; a given machine stays', async () => {
    const child = agentProcess('child', async (box: Awaited<ReturnType<typeof machine>>) => {
      await agent('borrower', { ...silent, machine: box })
      await agent('owner', silent)
    })
    const recording = await record(async () => {
      const box = await machine()
      await child(box)
      return (await box.exec('echo still here')).stdout
    })
    expect(recording.value()).toBe('still here\n')
    const ends = recording.entries
      .filter(({ type }) => ['shutdown', 'agent_exited', 'machine_stopped', 'process_done'].includes(type))
      .map(({ type, scope, agent: name }) => name ?? `${type} ${scope}`)
    expect(ends.slice(0, 4).sort()).toEqual(['borrower', 'borrower', 'owner', 'owner'])
    expect(ends.slice(4)).toEqual([
      'machine_stopped /main#0/child#0',
      'process_done /main#0/child#0',
      'machine_stopped /main#0',
      'process_done /main#0',
    ])
  })

  test('gives its events to several readers, from the first one on', async () => {
    const recording = await record(async () => {
      const worker = await agent('worker', { driver: scripted((me) => me.report('mood', { good: true })) })
      const early = Array.fromAsync(worker.events)
      for await (const event of worker.events) if (event.type === 'mood') break
      return { early, worker }
    })
    const { early } = recording.value<{ early: Promise<{ type: string }[]> }>()
    expect((await early).map(({ type }) => type)).toEqual(['agent_created', 'register', 'registered', 'mood', 'shutdown', 'agent_exited'])
    expect(recording.of('agent_activity')[0]?.data).toEqual({ event: 'mood', data: { good: true } })
  })

  test('that has ended refuses messages and tools', async () => {
    const child = agentProcess('child', () => agent('worker', silent))
    const recording = await record(async () => {
      const gone = await child()
      return [await codeOf(() => gone.send('x')), await codeOf(() => gone.on('x', () => {}))]
    })
    expect(recording.value()).toEqual(['ERR_AGENT_ENDED', 'ERR_AGENT_ENDED'])
  })

  test('made in a handler belongs to the process of the handler', async () => {
    const { heard, recording } = await heardBy(asking(['hire']), (worker) =>
      worker.on('hire', async () => (await agent('helper', { ...silent, machine: worker.machine })).name),
    )
    expect(heard).toEqual(['helper'])
    expect(recording.of('agent_created')[1]).toMatchObject({ agent: 'helper', scope: '/main#0/on:tool(worker,hire)#0' })
    expect(recording.of('machine_created')).toHaveLength(1)
    expect(recording.of('shutdown')).toHaveLength(2)
  })
})

describe('a tool', () => {
  test('runs its handler in a scope of its own, several at once, in the order of arrival', async () => {
    const driver = scripted(async (me) => {
      await me.next()
      const heard = await Promise.all([me.call('slow', { n: 1 }), me.call('slow', { n: 2 }), me.call('where')])
      await me.call('hand_in', { heard })
    })
    const { heard, recording } = await heardBy(driver, (worker) => {
      worker.on('slow', { input: z.object({ n: z.number() }) }, async ({ n }) => sleep(6 - n).then(() => n))
      worker.on('where', () => scopeNow()?.path)
    })
    expect(heard).toEqual([1, 2, '/main#0/on:tool(worker,where)#0'])
    expect(recording.of('tool_call').map(({ data }) => data.tool)).toEqual(['slow', 'slow', 'where', 'hand_in'])
    expect(recording.of('tool_result')[0]?.scope).toBe('/main#0/on:tool(worker,where)#0')
  })

  test('answers with what it returns as JSON, whatever that is', async () => {
    const circle: Record<string, unknown> = { name: 'me' }
    circle.self = circle
    const results = [
      undefined,
      null,
      Number.NaN,
      10n,
      new Map([['a', 1]]),
      new Date(0),
      circle,
      Buffer.from('bytes'),
      Symbol('s'),
      'x'.repeat(200_000),
    ]
    const { heard } = await heardBy(asking(...results.map((_, n): [string, Record<string, unknown>] => ['give', { n }])), (worker) =>
      worker.on('give', { input: z.object({ n: z.number() }) }, ({ n }) => results[n]),
    )
    expect(heard.slice(0, 9)).toEqual([
      null,
      null,
      null,
      '10',
      { a: 1 },
      '1970-01-01T00:00:00.000Z',
      { name: 'me', self: '[Circular]' },
      'bytes',
      'Symbol(s)',
    ])
    expect(heard[9]).toHaveLength(200_000)
  })

  test('answers with the message of what it throws, whatever that is', async () => {
    const thrown = [
      new Error('plain'),
      'text',
      undefined,
      null,
      5,
      { message: 'object' },
      new (class Odd extends Error {})(),
      Object.create(null),
    ]
    const { heard } = await heardBy(asking(...thrown.map((_, n): [string, Record<string, unknown>] => ['fail', { n }])), (worker) =>
      worker.on('fail', { input: z.object({ n: z.number() }) }, ({ n }) => {
        throw thrown[n]
      }),
    )
    expect(heard.slice(0, 7)).toEqual(['! plain', '! text', '! undefined', '! null', '! 5', '! object', '! Odd'])
    expect(heard[7]).toMatch(/^! ./)
  })

  test('names field and rule of arguments that do not fit', async () => {
    const { heard } = await heardBy(asking(['submit', { code: 5 }], ['submit', {}], ['submit', { code: 'x' }]), (worker) =>
      worker.on('submit', { input: z.object({ code: z.string() }) }, ({ code }) => code),
    )
    expect(heard).toEqual([expect.stringMatching(/code: .*string/), expect.stringMatching(/code: .*string/), 'x'])
  })

  test('that does not exist is said so, and what an agent makes up stays out of the paths', async () => {
    const names = ['nothing', '__proto__', 'constructor', 'a)#0/on:tool(x', '../../x']
    const { heard, recording } = await heardBy(asking(...names.map((name): [string] => [name])), () => {})
    expect(heard).toEqual(names.map((name) => `! Unknown tool '${name}' for agent 'worker'`))
    expect(
      recording
        .of('tool_result')
        .slice(0, 5)
        .map(({ scope }) => scope),
    ).toEqual([0, 1, 2, 3, 4].map((n) => `/main#0/on:tool(worker,?)#${n}`))
  })

  test('given later is told to the agent and callable at once', async () => {
    const { heard, recording } = await heardBy(asking(['grow'], ['late']), (worker) =>
      worker.on('grow', () => void worker.on('late', { description: 'New.' }, () => 'here')),
    )
    expect(heard).toEqual([null, 'here'])
    expect(recording.of('tool_registered').map(({ data }) => data.name)).toEqual(['grow', 'hand_in', 'late'])
  })

  test('may not have the name of a built-in one', async () => {
    const recording = await record(async () => {
      const worker = await agent('worker', silent)
      return Promise.all(['message', 'bash', 'read'].map((name) => codeOf(() => worker.on(name, () => {}))))
    })
    expect(recording.value()).toEqual(['ERR_TOOL_RESERVED', 'ERR_TOOL_RESERVED', 'ERR_TOOL_RESERVED'])
  })

  test('that ends the process is still answered; one that is in the middle is not', async () => {
    let stuck: Promise<unknown> | undefined
    const driver = scripted(async (me) => {
      stuck = me.call('stuck').catch((error: Error) => error.message)
      await me.call('finish')
    })
    const recording = await record(async () => {
      const worker = await agent('worker', { driver })
      worker.on('stuck', () => new Promise(() => {}))
      worker.on('finish', () => (done('over'), 'Thanks.'))
      return wait()
    })
    expect(recording.value()).toBe('over')
    expect(recording.of('tool_result').map(({ data }) => data.result)).toEqual(['Thanks.'])
    expect(await stuck).toBe("Agent 'worker' was shut down.")
  })
})

describe('an agent that does not start', () => {
  test.for<[string, Parameters<typeof agent>[1], RegExp]>([
    ['because its driver does not exist', { driver: 'nope' as never }, /nope/],
    ['because its folder does not exist', { ...silent, image: localImage({ workdir: '/no/such/folder' }) }, /\/no\/such\/folder/],
    [
      'because its image throws at once',
      {
        ...silent,
        image: {
          ...localImage(),
          spawn: () => {
            throw new Error('no image')
          },
        },
      },
      /no image/,
    ],
    ['because nobody registers in time', { driver: 'external', registerTimeoutMs: 20 }, /did not register within 20 ms/],
  ])('rejects %s; its machine is stopped, its name is free, the process goes on', async ([, options, words]) => {
    const recording = await record(async () => {
      const error = await thrownBy(() => agent('worker', options))
      const again = await agent('worker', silent)
      return [error.code, error.message, again.name]
    })
    expect(recording.value()).toEqual(['ERR_AGENT_LAUNCH', expect.stringMatching(words), 'worker'])
    expect(recording.of('agent_exited')[0]?.data.cause).toBe('launch_failed')
    expect(recording.of('machine_stopped')).toHaveLength(2)
    expect(await leftBehind(recording.home)).toEqual([])
  })

  test('because its process ended first is told to go once', async () => {
    const recording = await record(async () => {
      void agent('floating', { driver: 'external' })
      await Promise.race([agent('slow', { driver: 'external' }), sleep(2)])
      return 'over'
    })
    expect(recording.value()).toBe('over')
    expect(recording.of('shutdown').map((entry) => entry.agent)).toEqual(['floating', 'slow'])
    expect(
      recording
        .of('agent_exited')
        .map((entry) => entry.agent)
        .sort(),
    ).toEqual(['floating', 'slow'])
    expect(await leftBehind(recording.home)).toEqual([])
  })
})

describe('an agent that is lost', () => {
  test('fails the process that owns it, once, with its last words in the log', async () => {
    const recording = await record(async () => {
      await agent('worker', { driver: scripted((me) => me.crash(3)) })
      return wait()
    })
    expect(recording.error()).toMatchObject({ code: 'ERR_EXECUTION_FAILED', reason: "agent 'worker' disconnected" })
    expect(recording.of('agent_exited')).toMatchObject([{ data: { cause: 'exited', code: 3 } }])
    expect(recording.of('shutdown')).toHaveLength(1)
  })

  test('fails the child that owns it and leaves the rest of the run alone', async () => {
    const child = agentProcess('child', async () => {
      await agent('worker', { driver: scripted(() => Promise.reject(new Error('script bug'))) })
      return wait()
    })
    const recording = await record(async () => {
      await agent('bystander', silent)
      return (await thrownBy(() => spawn(child).result)).message
    })
    expect(recording.value()).toBe("agent 'worker' disconnected")
    expect(recording.of('agent_exited')[0]?.data.message).toContain('script bug')
  })
})
