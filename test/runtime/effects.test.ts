import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { localImage } from '../../src/machines/local.ts'
import { branch, parallel, sleep, step } from '../../src/runtime/effects.ts'
import { machine } from '../../src/runtime/machine-record.ts'
import { agentProcess, emit, spawn } from '../../src/runtime/process.ts'
import { requireScope, scopeNow } from '../../src/runtime/scope.ts'
import { idFrom } from '../../src/runtime/seed.ts'
import { surroundings } from '../../src/runtime/surroundings.ts'
import { codeOf, record, start, temporaryHome, thrownBy } from './harness.ts'

describe('a step', () => {
  test('runs once, for real, outside of the process; a rerun gets the recorded result', async () => {
    let ran = 0
    const recording = await record(async () => step('look', () => ({ ran: (ran += 1), inside: scopeNow() !== undefined, none: undefined })))
    expect(recording.value()).toEqual({ ran: 1, inside: false })
    expect(ran).toBe(1)
  })

  test.for<[string, unknown, unknown]>([
    ['undefined', undefined, null],
    ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['NaN', Number.NaN, null],
    ['bytes', Buffer.from('x'), 'x'],
    ['a function', () => {}, expect.any(String)],
  ])('gives %s as the JSON that a rerun will give', async ([, value, json]) => {
    expect((await record(async () => step('x', () => value))).value()).toEqual(json)
  })

  test('rejects with what the function threw, revived: name, message, code, cause', async () => {
    const recording = await record(async () => {
      const error = await thrownBy(() =>
        step('x', () => {
          throw Object.assign(new TypeError('bad', { cause: new RangeError('inner') }), { code: 'E_BAD' })
        }),
      )
      return [error instanceof TypeError, error.message, error.code, (error.cause as Error).name]
    })
    expect(recording.value()).toEqual([true, 'bad', 'E_BAD', 'RangeError'])
  })

  test.for(['', 'a/b', 'a#1', 'a(b)', 'x'.repeat(201), 'a\nb', '\u0000'])('may not be called %j', async (name) => {
    const recording = await record(async () => [await codeOf(() => step(name, () => 1)), await codeOf(() => branch(name, () => 1))])
    expect(recording.value()).toEqual(['ERR_BAD_NAME', 'ERR_BAD_NAME'])
  })

  test('is told when its process ends first, and not waited for', async () => {
    let aborted = false
    const child = agentProcess('child', () =>
      step('endless', ({ signal }) => new Promise(() => signal.addEventListener('abort', () => (aborted = true)))),
    )
    const recording = await record(async () => {
      const handle = spawn(child)
      await sleep(5)
      await handle.cancel()
      return codeOf(() => handle.result)
    })
    expect(recording.value()).toBe('ERR_CANCELLED')
    expect(aborted).toBe(true)
    expect(recording.of('step_result')).toEqual([])
  })

  test('may start a run of its own, which has its surroundings and its own log', async () => {
    const inner = agentProcess('inner', async () => emit('inside') !== null)
    const runs = new Set<string>()
    const live = start(async () => step('start', async () => [await inner(), surroundings().env?.RAMURE_HOME]))
    const recording = await live.ended
    expect(recording.value()).toEqual([true, recording.home])
    for (const { data } of recording.of('run_started')) runs.add(data.run)
    expect(runs.size).toBe(1)
    expect(recording.of('emit')).toEqual([])
  })
})

describe('branches', () => {
  test('have paths that do not depend on each other', async () => {
    const arm = (ms: number) => async () => {
      await sleep(ms)
      emit('at', ms)
      return ms
    }
    const recording = await record(async () => [await parallel({ slow: arm(4), quick: arm(1) }), await branch('slow', arm(2))])
    expect(recording.value()).toEqual([{ slow: 4, quick: 1 }, 2])
    expect(recording.of('emit').map(({ scope }) => scope)).toEqual([
      '/main#0/branch(quick)#0',
      '/main#0/branch(slow)#0',
      '/main#0/branch(slow)#1',
    ])
  })

  test('reject as soon as one does, while the others go on', async () => {
    const recording = await record(async () => {
      const slow = async () => (await sleep(3), emit('went on'))
      const message = await thrownBy(() => parallel({ slow, broken: async () => Promise.reject(new Error('broken arm')) }))
      await sleep(6)
      return message.message
    })
    expect(recording.value()).toBe('broken arm')
    expect(recording.of('emit')).toHaveLength(1)
  })

  test('may have any printable name, even one that objects know', async () => {
    const arms = Object.fromEntries(['__proto__', 'constructor', 'a.b', '🦊'].map((name) => [name, () => name.length]))
    expect(Object.entries((await record(async () => parallel(arms))).value<object>())).toEqual([
      ['__proto__', 9],
      ['constructor', 11],
      ['a.b', 3],
      ['🦊', 2],
    ])
  })

  test('belong to their process: what they make is cleaned up with it', async () => {
    const recording = await record(async () => void (await branch('arm', () => machine())))
    expect(recording.of('machine_stopped')).toHaveLength(1)
  })
})

describe('a machine', () => {
  test('runs commands, keeps files, and a rerun does neither', async () => {
    const home = temporaryHome()
    const image = localImage({ workdir: home, env: { WHO: 'me' } })
    const recording = await record(async () => {
      const box = await machine({ image })
      await box.writeFile('deep/a.txt', 'grüße')
      const bytes = new Uint8Array([0, 255, 7])
      const writing = box.writeFile('b.bin', bytes)
      bytes[0] = 9
      await writing
      const { ok, exit_code, stdout } = await box.exec('cat deep/a.txt; echo " $WHO"; echo >> count; exit 3')
      return [ok, exit_code, stdout, [...(await box.readFile('b.bin'))], await codeOf(() => box.readFile('none'))]
    })
    expect(recording.value()).toEqual([false, 3, 'grüße me\n', [0, 255, 7], 'ENOENT'])
    expect(execFileSync('cat', ['count'], { cwd: home, encoding: 'utf8' })).toBe('\n')
  })

  test('answers a timeout with exit code 124', async () => {
    const recording = await record(async () => (await machine()).exec('sleep 60', { timeoutMs: 30 }))
    expect(recording.value()).toMatchObject({ exit_code: 124, stderr: expect.stringMatching(/Timed out after 0\.03s$/) })
  })

  test('has an id that no other one has while it is there, however alike their digits are', async () => {
    const recording = await record(async () => {
      const { run, path } = requireScope('the test')
      const digits = [0, 1].map((nth) => idFrom(run.seed, path, 'machine', nth))
      run.machineIds.add(`LocalMachine-${digits[1]?.slice(0, 8)}`)
      const ids = [(await machine()).id, (await machine()).id]
      return [ids, [`LocalMachine-${digits[0]?.slice(0, 8)}`, `LocalMachine-${digits[1]?.slice(0, 16)}`]]
    })
    const [ids, expected] = recording.value<readonly [unknown, unknown]>()
    expect(ids).toEqual(expected)
  })

  test('that cannot be had says so with every use', async () => {
    const recording = await record(async () => {
      const box = await machine({ image: localImage({ workdir: '/no/such/folder' }) })
      return [await codeOf(() => box.exec('true')), await codeOf(() => box.readFile('x'))]
    })
    expect(recording.value()).toEqual(['ERR_WORKDIR', 'ERR_WORKDIR'])
  })

  test('is left only when what it was doing has come to an end', async () => {
    let ended = false
    const image = {
      ...localImage(),
      spawn: async (options: { cwd: string }) => ({
        ...(await localImage().spawn(options)),
        exec: (_command: string, { signal }: { signal?: AbortSignal } = {}) =>
          new Promise<never>((_resolve, reject) => {
            const end = () => setTimeout(() => reject((ended = true) && new Error('killed')), 30)
            signal?.addEventListener('abort', end)
          }),
      }),
    }
    await record(async () => {
      void (await machine({ image })).exec('linger')
      await sleep(5)
    })
    expect(ended).toBe(true)
  })

  test('is stopped exactly once, and a command under way is gone when the run is', async () => {
    const home = temporaryHome()
    let stops = 0
    const local = localImage({ workdir: home })
    const image = {
      ...local,
      spawn: async (options: { cwd: string }) => {
        const box = await local.spawn(options)
        return { ...box, stop: async () => void ((stops += 1), await box.stop()) }
      },
    }
    const recording = await record(async () => {
      const box = await machine({ image })
      void box.exec('echo $$ > pid; sleep 60')
      await box.exec('until [ -s pid ]; do sleep 0.01; done')
    })
    expect(recording.value()).toBeUndefined()
    expect(stops).toBe(1)
    const pid = Number(execFileSync('cat', ['pid'], { cwd: home, encoding: 'utf8' }))
    expect(() => process.kill(pid, 0)).toThrow(expect.objectContaining({ code: 'ESRCH' }))
  })
})
