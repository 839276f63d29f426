import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Entry } from '../../src/log/events.ts'
import { jsonlStore } from '../../src/log/jsonl.ts'
import { agent } from '../../src/runtime/agent.ts'
import { currentRun } from '../../src/runtime/current-run.ts'
import { scripted } from '../../src/runtime/driver-choice.ts'
import { sleep, step } from '../../src/runtime/effects.ts'
import { machine } from '../../src/runtime/machine-record.ts'
import { agentProcess, done, emit, spawn, wait } from '../../src/runtime/process.ts'
import { surroundedBy } from '../../src/runtime/surroundings.ts'
import { agentFileOf, registeredAs } from './external-client.ts'
import { watchedStore } from './failing-store.ts'
import { expectIdentical, leftBehind, readAll, record, start, temporaryHome } from './harness.ts'
import { definitionOf, program } from './random-program.ts'
import { recordSimulated } from './simulated-world.ts'

describe('nothing leaves before it is written', () => {
  test('every entry of a random program reaches the rim after its write, in order, once', { timeout: 60_000 }, async () => {
    let told = 0
    await fc.assert(
      fc.asyncProperty(program, fc.nat(), async (ops, seed) => {
        const store = watchedStore()
        const reached: { seq: number; writtenSeq: number }[] = []
        const play = ({ seq }: Entry) => (reached.push({ seq, writtenSeq: store.writtenSeq }), false)
        const { entries } = await recordSimulated(definitionOf(ops), { seed, store, play })
        expect(reached.filter(({ seq, writtenSeq }) => seq > writtenSeq)).toEqual([])
        expect(reached.map(({ seq }) => seq)).toEqual(entries.map(({ seq }) => seq))
        told += reached.length
      }),
      { numRuns: Number(process.env.RAMURE_ROUNDS ?? 100) },
    )
    expect(told).toBeGreaterThan(100)
  })

  test('when a step begins and when an agent hears something, it is in the file', async () => {
    const home = temporaryHome()
    const file = () => readFileSync(join(home, 'logs', run, 'events.jsonl'), 'utf8')
    let run = ''
    const live = start(
      async () => {
        run = currentRun().id
        const worker = await agent('worker', { driver: 'external' })
        worker.on('finish', () => done())
        await worker.send('listen')
        await wait()
        return step('look', () => file().includes('"name":"look"'))
      },
      { home, store: jsonlStore(join(home, 'logs'), { durability: 'process' }) },
    )
    const client = await registeredAs(await agentFileOf(live, 'worker'))
    await client.got('message')
    const written = file()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Entry)
    for (const frame of client.frames) expect(written.some((entry) => entry.agent === 'worker' && entry.aseq === frame.seq)).toBe(true)
    client.event('tool_call', { call_id: 'c', tool: 'finish' })
    expect((await live.ended).value()).toBe(true)
  })
})

/** Something of everything, so that every kind of write can be the one that fails. */
const busy = async (acted: string[]) => {
  const worker = await agent('worker', {
    driver: scripted(async (me) => {
      for await (const { text } of me.messages) {
        acted.push(`heard ${text}`)
        await me.call('answer', { text }).catch(() => {})
      }
    }),
  })
  let answers = 0
  worker.on('answer', { input: { type: 'object' } }, async () => {
    answers += 1
    emit('answered')
    await sleep(1)
    if (answers === 2) done('over')
    return 'thanks'
  })
  const child = spawn(
    agentProcess('child', async () => {
      await step('inner', () => void acted.push('step'))
      await (await machine()).exec('true')
      return wait()
    }),
  )
  void sleep(60_000).then(
    () => emit('never'),
    () => {},
  )
  await worker.send('one')
  await worker.send('two')
  child.events.subscribe(() => {})
  return wait()
}

describe('a log that fails in the middle of a run', () => {
  test('ends the run with ERR_LOG_DEAD, wherever it happens; nothing is acknowledged after it', { timeout: 60_000 }, async () => {
    const whole = watchedStore()
    expect((await record(() => busy([]), { store: whole, reruns: false })).value()).toBe('over')
    // How many turns share a write depends on the machine, so each run tells whether it came as far as the write that fails.
    let tried = 0
    for (let flush = 1; flush <= whole.flushes; flush += 2) {
      const store = watchedStore({ flush })
      const acted: string[] = []
      const seen: number[] = []
      const home = temporaryHome()
      const main = agentProcess('main', () => busy(acted))
      const running = surroundedBy({ env: { RAMURE_HOME: home }, store, onEntry: ({ seq }) => void seen.push(seq) }, () => main())
      const failure = await running.catch((error: unknown) => error)
      if (store.flushes < flush) break
      tried += 1
      expect(failure, `write ${flush}`).toMatchObject({
        code: 'ERR_LOG_DEAD',
        cause: { message: expect.stringContaining('ENOSPC') },
      })
      expect(Math.max(0, ...seen)).toBeLessThanOrEqual(store.writtenSeq)
      const acts = acted.length
      await new Promise((resolve) => setImmediate(resolve))
      expect(acted).toHaveLength(acts)
      expect(await leftBehind(home)).toEqual([])
    }
    expect(tried).toBeGreaterThan(4)
  })

  test('may also be caught by the program, which changes nothing', async () => {
    const store = watchedStore({ flush: 4 })
    const recording = await record(
      async () => {
        for (let k = 0; k < 9; k += 1) await sleep(1).catch(() => {})
        return 'went on'
      },
      { store, reruns: false },
    )
    expect(recording.error()).toMatchObject({ code: 'ERR_LOG_DEAD' })
  })

  test('at the very end is not silent either', async () => {
    const recording = await record(async () => 1, { store: watchedStore({ close: true }), reruns: false })
    expect(recording.error().message).toContain('the last sync failed')
  })
})

describe("durability 'disk'", () => {
  test('changes nothing that a program or its log can see', async () => {
    const home = temporaryHome()
    const seen: Entry[] = []
    const main = agentProcess('main', () => busy([]), { durability: 'disk' })
    await expect(surroundedBy({ env: { RAMURE_HOME: home }, onEntry: (entry) => void seen.push(entry) }, () => main())).resolves.toBe(
      'over',
    )
    const { run } = seen[0]?.type === 'run_started' ? seen[0].data : { run: '' }
    const entries = await readAll(jsonlStore(join(home, 'logs'), { durability: 'disk' }), run)
    expect(seen.map(({ seq }) => seq)).toEqual(entries.map(({ seq }) => seq))
    await expectIdentical(main, entries)
  })
})
