import { AsyncLocalStorage } from 'node:async_hooks'
import { describe, expect, test } from 'vitest'
import { agent } from '../../src/runtime/agent.ts'
import { connect } from '../../src/runtime/connect.ts'
import { currentRun } from '../../src/runtime/current-run.ts'
import { scripted } from '../../src/runtime/driver-choice.ts'
import { branch, parallel, sleep, step } from '../../src/runtime/effects.ts'
import { expose } from '../../src/runtime/endpoint.ts'
import { ExecutionCancelled, ExecutionFailed, ProcessTimeout } from '../../src/runtime/errors.ts'
import { machine } from '../../src/runtime/machine-record.ts'
import { agentProcess, bubble, done, emit, fail, spawn, wait } from '../../src/runtime/process.ts'
import { scopeNow } from '../../src/runtime/scope.ts'
import { codeOf, leftBehind, record, thrownBy } from './harness.ts'

const silent = { driver: scripted(() => {}) }

describe('a process function', () => {
  test('resolves to what the wrapped function returns, and is called like it', async () => {
    const recording = await record(async (a: number, b: { c: string }) => `${a}${b.c}`, { args: [4, { c: 'x' }] })
    expect(recording.value()).toBe('4x')
    expect(recording.of('process_spawned')[0]).toMatchObject({
      scope: '/main#0',
      data: { process: 'main', args: [4, { c: 'x' }], mode: 'call' },
    })
    expect(recording.of('run_ended')[0]?.data).toMatchObject({ outcome: 'completed', result: '4x' })
  })

  test('rejects with the very error that the wrapped function threw', async () => {
    const error = new RangeError('too far')
    const recording = await record(async () => Promise.reject(error))
    expect(recording.error()).toBe(error)
    expect(recording.of('run_ended')[0]?.data).toMatchObject({ outcome: 'failed', error: { name: 'RangeError', message: 'too far' } })
  })

  test('may throw what is no error, even nothing', async () => {
    const recording = await record(async () => Promise.reject(undefined))
    expect(recording.result).toEqual({ status: 'rejected', reason: undefined })
    expect(recording.of('process_failed')[0]?.data.error.message).not.toBe('')
  })

  test('is refused at wrap time when it is no function, has a bad name or an impossible timeout', () => {
    expect(() => agentProcess('x', 5 as never)).toThrow(TypeError)
    for (const name of ['../../x', 'a;b', '-t', '🦊', '', 'x'.repeat(65), '__proto__', 'a b', 'a\n']) {
      expect(() => agentProcess(name, async () => {}), name).toThrow(expect.objectContaining({ code: 'ERR_BAD_NAME' }))
    }
    for (const timeoutMs of [0, -1, Number.NaN, Infinity, 2 ** 31])
      expect(() => agentProcess('x', async () => {}, { timeoutMs })).toThrow(RangeError)
    expect(agentProcess('constructor', async () => {}).processName).toBe('constructor')
  })

  test('leaves no scope, socket, record or agent file behind, whether it returns or throws', async () => {
    for (const outcome of [async () => 1, async () => Promise.reject(new Error('no'))]) {
      const recording = await record(async () => {
        await agent('worker', silent)
        return outcome()
      })
      expect(await leftBehind(recording.home)).toEqual([])
      expect(scopeNow()).toBeUndefined()
    }
  })

  test('called inside a process is a child of the same run', async () => {
    const child = agentProcess('child', async () => currentRun())
    const recording = await record(async () => {
      const [one, two] = [await child(), await child()]
      return one === currentRun() && two === one && one.serverUrl?.startsWith('ws://127.0.0.1:')
    })
    expect(recording.value()).toBe(true)
    expect(recording.of('process_spawned').map(({ scope }) => scope)).toEqual(['/main#0', '/main#0/child#0', '/main#0/child#1'])
    expect(recording.of('run_started')).toHaveLength(1)
  })

  test('keeps the scopes of concurrent children apart', async () => {
    const child = agentProcess('child', async (n: number) => {
      for (let k = 0; k < 3; k += 1) {
        await sleep(1)
        emit('mine', n)
      }
      return n
    })
    const recording = await record(async () => Promise.all([1, 2, 3].map((n) => child(n))))
    expect(recording.value()).toEqual([1, 2, 3])
    for (const { scope, data } of recording.of('emit')) expect(scope).toBe(`/main#0/child#${(data.data as number) - 1}`)
    expect(recording.of('emit')).toHaveLength(9)
  })
})

describe('done, fail and wait', () => {
  test.for([
    ['done first', () => [done(1), fail('late'), done(2)], { status: 'fulfilled', value: 1 }],
    ['fail first', () => [fail('no'), done(1), fail('again')], { status: 'rejected', reason: expect.objectContaining({ reason: 'no' }) }],
  ] as const)('the first one decides: %s', async ([, act, expected]) => {
    const recording = await record(async () => {
      act()
      return wait()
    })
    expect(recording.result).toEqual(expected)
    expect([...recording.of('done'), ...recording.of('fail')]).toHaveLength(1)
  })

  test('fail rejects with an ExecutionFailed that carries the reason', async () => {
    const error = (await record(async () => (fail('out of ideas'), wait()))).error()
    expect(error).toBeInstanceOf(ExecutionFailed)
    expect(error).toMatchObject({ reason: 'out of ideas', message: 'out of ideas', code: 'ERR_EXECUTION_FAILED' })
  })

  test('a value given to done may be nothing at all', async () => {
    expect((await record(async () => (done(), wait()))).value()).toBeUndefined()
  })

  test('a fail that nobody waits for does not escape and does not end the process', async () => {
    expect((await record(async () => (fail('unheard'), 'fine'))).value()).toBe('fine')
  })
})

describe('outside of every process', () => {
  const worker = agentProcess('worker', async () => {})
  const calls: Record<string, () => unknown> = {
    agent: () => agent('x'),
    machine: () => machine(),
    connect: () => connect('a', 'b'),
    done: () => done(1),
    fail: () => fail('x'),
    wait: () => wait(),
    emit: () => emit('x'),
    spawn: () => spawn(worker),
    expose: () => expose('x', () => {}),
    step: () => step('x', () => {}),
    sleep: () => sleep(1),
    branch: () => branch('x', () => {}),
    parallel: () => parallel({ a: () => {} }),
    currentRun: () => currentRun(),
    bubble: () => bubble({} as never),
  }
  test.for(Object.keys(calls))('%s says that there is no active process', async (name) => {
    const error = await thrownBy(() => calls[name]?.())
    expect(error).toMatchObject({ code: 'ERR_NO_PROCESS' })
    expect(error.message).toContain('No active process')
    expect(error.message).toContain(`${name}(`)
  })
})

describe('a timeout', () => {
  test('rejects the run with a TimeoutError and records it as timed out', async () => {
    const recording = await record(() => wait(), { timeoutMs: 20 })
    expect(recording.error()).toBeInstanceOf(ProcessTimeout)
    expect(recording.error()).toMatchObject({ name: 'TimeoutError', code: 'ERR_TIMEOUT' })
    expect(recording.of('run_ended')[0]?.data.outcome).toBe('timed_out')
  })

  test('of a child rejects the call, and the parent may go on', async () => {
    const slow = agentProcess('slow', () => wait(), { timeoutMs: 10 })
    const recording = await record(async () => codeOf(slow))
    expect(recording.value()).toBe('ERR_TIMEOUT')
  })

  test('ends a function that never looks up', async () => {
    expect((await record(() => new Promise(() => {}), { timeoutMs: 10 })).error().code).toBe('ERR_TIMEOUT')
  })

  test('that was not reached is cleared', async () => {
    const recording = await record(async () => 1, { timeoutMs: 60_000 })
    expect(recording.of('timer_cleared')).toHaveLength(1)
  })
})

describe('spawn', () => {
  test('returns a handle at once; a failure is an event and a result, never an unhandled rejection', async () => {
    const broken = agentProcess('broken', async () => Promise.reject(new Error('kaputt')))
    const recording = await record(async () => {
      const handle = spawn(broken)
      const events = []
      for await (const event of handle.events) events.push(event)
      return [handle.name, handle.path, events]
    })
    expect(recording.value()).toEqual(['broken', '/main#0/broken#0', [{ type: 'failed', data: 'kaputt', source: null }]])
  })

  test('names the class in the event when the error has no message', async () => {
    class Late extends Error {}
    const broken = agentProcess('broken', async () => Promise.reject(new Late()))
    const recording = await record(async () => (await spawn(broken).events.listenFor('failed'))?.data)
    expect(recording.value()).toBe('Late')
  })

  test('refuses what agentProcess did not make', async () => {
    expect((await record(async () => codeOf(() => spawn((async () => {}) as never)))).value()).toBe('TypeError')
  })

  test('cancel runs the cleanup, emits cancelled and rejects the result; twice is once', async () => {
    const idle = agentProcess('idle', async () => {
      await agent('worker', silent)
      return wait()
    })
    const recording = await record(async () => {
      const handle = spawn(idle)
      await sleep(5)
      await Promise.all([handle.cancel('enough'), handle.cancel('again')])
      const error = await thrownBy(() => handle.result)
      return [
        error instanceof ExecutionCancelled,
        (error as ExecutionCancelled).reason,
        Object.keys(handle.agents),
        await handle.events.listenFor('cancelled', { replay: true }),
      ]
    })
    expect(recording.value()).toEqual([true, 'enough', [], { type: 'cancelled', data: null, source: null }])
    expect(recording.of('process_cancelled')).toHaveLength(1)
    expect(recording.of('shutdown')).toHaveLength(1)
  })

  test('shows the agents of the child while they live', async () => {
    const child = agentProcess('child', async () => {
      await sleep(1)
      await agent('constructor', silent)
      emit('ready')
      return wait()
    })
    const recording = await record(async () => {
      const handle = spawn(child)
      const before = Object.keys(handle.agents)
      await handle.events.listenFor('ready')
      const during = handle.agents.constructor?.name
      await handle.cancel()
      return [before, during, Object.keys(handle.agents)]
    })
    expect(recording.value()).toEqual([[], 'constructor', []])
  })

  test('a background child is cancelled when its parent returns, before the parent is done', async () => {
    const recording = await record(async () => void spawn(agentProcess('idle', () => wait())))
    const ends = recording.entries.filter(({ type }) => type === 'process_cancelled' || type === 'process_done').map(({ scope }) => scope)
    expect(ends).toEqual(['/main#0/idle#0', '/main#0'])
  })
})

describe('code that outlives its process', () => {
  test('emits nothing, starts nothing and is told why', async () => {
    let late: (() => Promise<unknown[]>) | undefined
    const child = agentProcess('child', async () => {
      const kept = await agent('kept', silent)
      const box = await machine()
      late = async () => {
        const refused = [
          () => agent('x', silent),
          () => machine(),
          () => step('x', () => {}),
          () => sleep(1),
          () => spawn(child),
          () => expose('x', () => {}),
          () => connect(kept, kept),
        ]
        const ended = [() => kept.send('x'), () => kept.on('x', () => {}), () => box.exec('true')]
        return [emit('late'), done(1), fail('x'), ...(await Promise.all([...refused, ...ended].map(codeOf)))]
      }
      // Called by the parent, in the scope of the child that made it.
      late = AsyncLocalStorage.bind(late)
    })
    const recording = await record(async () => {
      await child()
      return late?.()
    })
    const closed = 'ERR_SCOPE_CLOSED'
    const ended = 'ERR_AGENT_ENDED'
    expect(recording.value()).toEqual([
      null,
      undefined,
      undefined,
      closed,
      closed,
      closed,
      closed,
      closed,
      closed,
      closed,
      ended,
      ended,
      closed,
    ])
  })
})
