import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { agent, agentProcess, emit, machine, sleep, spawn, step, wait } from 'ramure'
import { silent, simulate } from 'ramure/testing'
import { describe, expect, test } from 'vitest'

describe('a run that nobody can go on with', () => {
  test('is stuck, and says which line waits for what', async () => {
    const waits = agentProcess('waits', async () => {
      const worker = await agent('worker')
      worker.on('submit', () => 'thanks')
      await worker.send('go')
      return wait()
    })
    const run = await simulate(waits, [], { agents: { worker: silent } })
    expect(run).toMatchObject({ outcome: 'stuck', result: undefined, error: undefined, replay: { verdict: 'identical' } })
    expect(run.waiting).toEqual([
      {
        scope: '/waits#0',
        kind: 'wait',
        label: 'done() or fail()',
        seq: null,
        since: null,
        site: expect.stringMatching(/stuck\.test\.ts:\d+:\d+$/),
      },
    ])
    expect(() => run.value()).toThrow(/stuck[^]*\/waits#0 waits for wait done\(\) or fail\(\) at .*stuck\.test\.ts/)
    expect(run.count('run_ended')).toBe(0)
  })

  test('names a step that never answers', async () => {
    const asks = agentProcess('asks', () => step('ask a person', () => new Promise(() => {})))
    const run = await simulate(asks, [])
    expect(run.outcome).toBe('stuck')
    expect(run.waiting).toMatchObject([{ kind: 'step', label: 'ask a person', scope: '/asks#0', seq: 3 }])
  })

  test('names a command that never answers', async () => {
    const asks = agentProcess('asks', async () => (await machine()).exec('read -r line'))
    const run = await simulate(asks, [], { machines: { exec: () => new Promise(() => {}) } })
    expect(run.waiting).toMatchObject([{ kind: 'exec', scope: '/asks#0' }])
  })

  test('names children that wait as well', async () => {
    const child = agentProcess('child', () => wait())
    const parent = agentProcess('parent', async () => {
      spawn(child)
      spawn(child)
      return wait()
    })
    const { waiting } = await simulate(parent, [])
    expect(waiting.map(({ scope }) => scope).toSorted()).toEqual(['/parent#0', '/parent#0/child#0', '/parent#0/child#1'])
  })

  test('is stuck only after all that could still happen has happened', async () => {
    const later = agentProcess('later', async () => {
      void sleep(1_000)
      await wait()
    })
    const run = await simulate(later, [])
    expect(run).toMatchObject({ outcome: 'stuck', durationMs: 1_000 })
  })

  test('is the same without a replay, but for the lines', async () => {
    const waits = agentProcess('waits', () => wait())
    const run = await simulate(waits, [], { replay: false })
    expect(run).toMatchObject({ outcome: 'stuck', replay: null, waiting: [{ kind: 'wait', scope: '/waits#0' }] })
  })

  test('stays as it was: what the process awaits outside of the run wakes nothing any more', async () => {
    let finish = (_: unknown): void => {}
    const outside = new Promise((resolve) => (finish = resolve))
    const late: unknown[] = []
    const waits = agentProcess('waits', async () => {
      await outside
      late.push(emit('late'))
      await sleep(5).catch((error: { code?: string }) => late.push(error.code))
    })
    const run = await simulate(waits, [], { replay: false })
    expect(run.outcome).toBe('stuck')
    const { length } = run.entries
    finish(null)
    await new Promise((resolve) => setImmediate(resolve))
    expect(run.entries).toHaveLength(length)
    expect(late).toEqual([null, 'ERR_SCOPE_CLOSED'])
  })
})

describe('a run that goes on for ever', () => {
  test('is given up as endless', async () => {
    const ticks = agentProcess('ticks', async () => {
      setInterval(() => {}, 1_000)
      return wait()
    })
    const run = await simulate(ticks, [], { turnsMax: 50 })
    expect(run).toMatchObject({ outcome: 'endless', durationMs: 25_000 })
    expect(run.waiting.map(({ kind }) => kind).toSorted()).toEqual(['timer', 'wait'])
    expect(() => run.value()).toThrow('go on for ever')
  })

  test('is given up even if only an agent goes on', async () => {
    const waits = agentProcess('waits', async () => {
      await agent('worker')
      return wait()
    })
    const worker = async (me: { sleep(ms: number): Promise<void> }) => {
      for (;;) await me.sleep(1_000)
    }
    expect((await simulate(waits, [], { agents: { worker }, turnsMax: 50 })).outcome).toBe('endless')
  })
})

test('real files are waited for, in steps, agents and answers alike', async () => {
  const reads = agentProcess('reads', async () => {
    const worker = await agent('worker')
    const told = new Promise<number>((resolve) => {
      worker.on<{ bytes: number }>('tell', { input: { type: 'object' } }, ({ bytes }) => resolve(bytes))
    })
    const limit = sleep(1).then(() => 'time passed')
    const { stdout } = await (await machine()).exec('wc')
    return Promise.race([limit, Promise.all([told, step('size', async () => (await size()) * 1), Number(stdout)])])
  })
  const size = async () => {
    for (let n = 0; n < 10; n += 1) await readFile(import.meta.filename)
    return (await readFile(import.meta.filename)).length
  }
  const run = await simulate(reads, [], {
    agents: { worker: async (me) => void (await me.call('tell', { bytes: await size() })) },
    machines: { exec: async () => String(await size()) },
  })
  const bytes = await size()
  expect(run.value()).toEqual([bytes, bytes, bytes])
})

test('a child process that a step or an agent waits for is waited for', async () => {
  const runs = agentProcess('runs', async () => {
    const worker = await agent('worker')
    const told = new Promise((resolve) => worker.on('tell', { input: { type: 'object' } }, resolve))
    const limit = sleep(1).then(() => 'time passed')
    return Promise.race([limit, Promise.all([told, step('echo', echo)])])
  })
  const echo = async () => (await promisify(execFile)('sh', ['-c', 'sleep 0.05; echo done'])).stdout
  const run = await simulate(runs, [], { agents: { worker: async (me) => void (await me.call('tell', { text: await echo() })) } })
  expect(run.value()).toEqual([{ text: 'done\n' }, 'done\n'])
})

test('what the process itself does past the log is waited for as in a live run', async () => {
  const reads = agentProcess('reads', async () => {
    const limit = sleep(1).then(() => 'time passed')
    const echo = promisify(execFile)('sh', ['-c', 'sleep 0.05; echo done']).then(({ stdout }) => stdout)
    return Promise.race([limit, echo])
  })
  const run = await simulate(reads, [], { replay: false })
  expect(run.value()).toBe('done\n')
  expect(run.events('warning').map(({ data }) => data.code)).toEqual(['ERR_UNRECORDED_IO'])
})
