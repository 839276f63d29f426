import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { agent, agentProcess, ExecutionFailed, fail, machine, scripted, sleep, step } from 'ramure'
import { usage } from 'ramure/projections'
import { property, type SimulatedRun, simulate } from 'ramure/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { buildAndReview } from '../../examples/build-and-review.ts'
import { explainAll } from '../../examples/fan-out.ts'
import { jsonlStore } from '../../src/log/jsonl.ts'
import { builderAndReviewer } from '../examples/agents/build-and-review.ts'

describe('arguments that JSON cannot hold', () => {
  const ignores = agentProcess('ignores', async (_task: { when?: unknown }) => 'nothing')
  const warnings = (run: SimulatedRun) => run.events('warning').map(({ data }) => data)

  test('are warned of as in a live run, with their path and the line', async () => {
    const run = await simulate(ignores, [{ when: new Date(0) }])
    const message = expect.stringContaining("Argument 0.when of 'ignores' is a Date, which JSON cannot hold")
    expect(warnings(run)).toEqual([{ code: 'ERR_ARGUMENT_LOST', message, site: expect.stringMatching(/simulate\.test\.ts:\d+:\d+$/) }])
  })

  test('are warned of in a property as well, and what JSON can hold is not', async () => {
    const codes: string[] = []
    const seen = (run: SimulatedRun) => void codes.push(...warnings(run).map(({ code }) => code))
    await property(ignores, [{ when: () => 'now' }])
      .with({ runs: 1 })
      .check(seen)
    expect(codes).toEqual(['ERR_ARGUMENT_LOST'])
    expect(warnings(await simulate(ignores, [{ when: '1970-01-01' }]))).toEqual([])
  })
})

describe('build-and-review, simulated', () => {
  const reviewed = (rejections: number) => simulate(buildAndReview, ['fizzbuzz'], { agents: builderAndReviewer(rejections) })

  test('ends with the approved version, and its replay is identical', async () => {
    const run = await reviewed(2)
    expect(run).toMatchObject({
      outcome: 'completed',
      result: 'version 3',
      error: undefined,
      waiting: [],
      replay: { verdict: 'identical' },
    })
    expect(run.events('tool_call').map(({ data }) => data.tool)).toEqual(['submit', 'reject', 'submit', 'reject', 'submit', 'approve'])
    expect(run.count('tool_call', ({ tool }) => tool === 'reject')).toBe(2)
    expect([...run.agents.keys()]).toEqual(['builder', 'reviewer'])
    const checksum = { bytes: expect.any(Number), crc32: expect.any(Number) }
    expect(run.events('run_ended').map(({ data }) => data)).toEqual([
      { outcome: 'completed', result: 'version 3', duration_ms: 0, checksum },
    ])
  })

  test('gives up after three rejections and says why', async () => {
    const run = await reviewed(3)
    expect(run.outcome).toBe('failed')
    expect(run.error).toBeInstanceOf(ExecutionFailed)
    expect(() => run.value()).toThrow('rejected 3 times')
  })

  test('times out when the reviewer says nothing', async () => {
    const builder = builderAndReviewer(0)('builder')
    const run = await simulate(buildAndReview, ['fizzbuzz'], { agents: { ...(builder && { builder }), reviewer: () => {} } })
    expect(run).toMatchObject({ outcome: 'timed_out', durationMs: 30 * 60_000 })
  })
})

test('a hundred children with an agent each run side by side', async () => {
  const files = Array.from({ length: 100 }, (_, nth) => `file-${nth + 1}`)
  const agents = (name: string) => async (me: Parameters<ReturnType<typeof scripted>['play']>[0]) => {
    const { text } = await me.next()
    await me.call('submit', { sentence: `${name} heard ${text}` })
  }
  const run = await simulate(explainAll, [files], { agents })
  expect(run.value()).toEqual(files.map((file, nth) => `${file}: reader-${nth + 1} heard What is ${file} for?`))
  expect(run.count('process_done')).toBe(101)
  expect(run.agents.size).toBe(100)
})

test('an agent that the program made with scripted() plays itself, unless it is given a part', async () => {
  const own = scripted(async (me) => void (await me.call('say', { text: 'own' })))
  const asks = agentProcess('asks', async () => {
    const worker = await agent('worker', { driver: own })
    return new Promise<string>((resolve) => worker.on<{ text: string }>('say', { input: { type: 'object' } }, ({ text }) => resolve(text)))
  })
  expect((await simulate(asks, [])).value()).toBe('own')
  const worker = async (me: Parameters<typeof own.play>[0]) => void (await me.call('say', { text: 'given' }))
  expect((await simulate(asks, [], { agents: { worker } })).value()).toBe('given')
})

describe('machines', () => {
  const checks = agentProcess('checks', async () => {
    const box = await machine()
    const tests = await box.exec('npm test', { timeoutMs: 60_000 })
    const before = Buffer.from(await box.readFile('notes.txt')).toString()
    await box.writeFile('notes.txt', `${before} and more`)
    return { ok: tests.ok, stdout: tests.stdout, exit_code: tests.exit_code, before }
  })
  const files = { 'notes.txt': 'a note' }

  test('answer from a table and keep their files in memory', async () => {
    const run = await simulate(checks, [], { machines: { exec: { 'npm test': '3 passed' }, files } })
    expect(run.value()).toEqual({ ok: true, stdout: '3 passed', exit_code: 0, before: 'a note' })
    const [left] = run.files.values()
    expect(Buffer.from(left?.get('/simulated/notes.txt') ?? []).toString()).toBe('a note and more')
  })

  test('answer from a function that sees the command and the files', async () => {
    const exec = (command: string, place: { files: Map<string, Uint8Array> }) => {
      place.files.set('/simulated/notes.txt', Buffer.from(`seen ${command}`))
      return { exit_code: 1, stderr: '1 failed' }
    }
    const run = await simulate(checks, [], { machines: { exec, files } })
    expect(run.value()).toMatchObject({ ok: false, exit_code: 1, before: 'seen npm test' })
  })

  test('cut a command off after its timeout, in virtual time', async () => {
    const run = await simulate(checks, [], { machines: { exec: () => new Promise(() => {}), files } })
    expect(run.value()).toMatchObject({ exit_code: 124 })
    expect(run.durationMs).toBe(60_000)
    expect(run.events('exec_result')[0]?.data).toMatchObject({ stderr: 'Timed out after 60s' })
  })

  test('say which command has no answer and which file is not there', async () => {
    const unknown = await simulate(checks, [])
    expect(unknown.error).toMatchObject({ code: 'ERR_NOT_SIMULATED', message: expect.stringContaining('"npm test"') })
    const absent = await simulate(checks, [], { machines: { exec: { 'npm test': '' } } })
    expect(absent.error).toMatchObject({ code: 'ENOENT', message: expect.stringContaining('/simulated/notes.txt') })
  })
})

describe('steps', () => {
  const steps = agentProcess('steps', async () => ({ a: await step('a', () => 'own a'), b: await step('b', () => 'own b') }))

  test('run the program’s own function unless another is given by name', async () => {
    expect((await simulate(steps, [])).value()).toEqual({ a: 'own a', b: 'own b' })
    expect((await simulate(steps, [], { steps: { b: () => 'given b' } })).value()).toEqual({ a: 'own a', b: 'given b' })
  })

  test('that fail reject in the process', async () => {
    const broken = () => Promise.reject(new Error('no network'))
    expect((await simulate(steps, [], { steps: { a: broken } })).error?.message).toBe('no network')
  })
})

test('a projection is folded over the whole run', async () => {
  const spends = agentProcess('spends', async () => {
    const worker = await agent('worker')
    worker.on('finish', () => 'bye')
    await new Promise((resolve) => worker.on('finish', () => resolve('bye')))
  })
  const worker = async (me: Parameters<ReturnType<typeof scripted>['play']>[0]) => {
    me.report('usage', { cost: 0.5 })
    await me.call('finish')
  }
  const run = await simulate(spends, [], { agents: { worker } })
  expect(run.fold(usage).total).toMatchObject({ reportsCount: 1, costNanoUsd: 500_000_000 })
})

test('the recording can be kept in a store and is the same there', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ramure-simulate-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const store = jsonlStore(folder)
  const run = await simulate(buildAndReview, ['fizzbuzz'], { agents: builderAndReviewer(1), store })
  expect(await Array.fromAsync(store.read(run.run))).toEqual(run.entries)
})

test('what the process is not is a TypeError', async () => {
  await expect(simulate((async () => 1) as never, [])).rejects.toThrow(TypeError)
})

test('floating work that the end of its process cuts short fails nobody’s test', async () => {
  const hurries = agentProcess('hurries', async () => {
    void sleep(60_000).then(() => fail('too slow'))
    return 'in time'
  })
  expect((await simulate(hurries, [])).value()).toBe('in time')
})

test('every other rejection that nobody awaits is still heard of', async () => {
  const heard: unknown[] = []
  const others = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', (reason) => heard.push(reason))
  onTestFinished(() => {
    process.removeAllListeners('unhandledRejection')
    for (const listener of others) process.on('unhandledRejection', listener)
  })
  const mistake = new Error('nobody awaits this')
  const careless = agentProcess('careless', async () => {
    void sleep(1).then(() => Promise.reject(mistake))
    await sleep(5)
  })
  expect((await simulate(careless, [], { replay: false })).outcome).toBe('completed')
  expect(heard).toEqual([mistake])
  expect(process.listenerCount('unhandledRejection')).toBe(1)
})
