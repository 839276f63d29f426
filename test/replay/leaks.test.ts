/** What goes past the log: a warning in the live run, the line in its replay. */
import '../fixtures/kept-before.ts'

import { AsyncResource } from 'node:async_hooks'
import { exec } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import type { Entry } from '../../src/log/events.ts'
import { memoryStore } from '../../src/log/memory.ts'
import { replay } from '../../src/replay/replay.ts'
import { type Agent, agent } from '../../src/runtime/agent.ts'
import { step } from '../../src/runtime/effects.ts'
import { agentProcess, definitionOf, emit } from '../../src/runtime/process.ts'
import { surroundedBy } from '../../src/runtime/surroundings.ts'
import { kept } from '../fixtures/kept-before.ts'
import { recordSimulated } from '../runtime/simulated-world.ts'
import { tempFolder } from './kept.ts'

/** Work that is done elsewhere, as by a pool: whoever waits for it is woken by nothing that is recorded. */
const pool = { run: <T>(work: () => T) => new Promise<T>((resolve) => kept.setTimeout(() => resolve(work()), 3)) }
const bus = new EventEmitter()
/** Kept after ramure was loaded, as by any module that imports it. */
const { random, setTimeout: later } = { random: Math.random, setTimeout: globalThis.setTimeout }
const { now } = Date
const OwnDate = Date

/** Calls that a replay refuses. Each is made on the line that ends with `// leaks`. */
const refused: readonly (readonly [name: string, leak: () => Promise<unknown>])[] = [
  ['fetch', async () => (await fetch('data:,hello')).status], // leaks: fetch
  ['fs', async () => readFileSync('/dev/null').length], // leaks: fs
  ['fs.promises', async () => (await readFile('/dev/null')).length], // leaks: fs.promises
  ['child_process', async () => once(exec('true'), 'close')], // leaks: child_process
  ['net', async () => once(connect({ port: 1, host: '127.0.0.1' }), 'error').then(() => 'refused')], // leaks: net
]

/** Waits that nothing recorded ends. */
const woken: readonly (readonly [name: string, leak: () => Promise<unknown>])[] = [
  ['a timer kept from before the run', async () => void (await new Promise((resolve) => kept.setTimeout(resolve, 3)))],
  ['a pool', async () => pool.run(() => 1)],
  [
    'an emitter',
    async () => {
      kept.setTimeout(() => bus.emit('ready'), 3)
      await once(bus, 'ready')
    },
  ],
]

describe('a call that goes past the log', () => {
  test.for(refused)('is warned of live and refused in the replay, both with its line: %s', async ([name, leak]) => {
    const process = agentProcess('leaky', async () => {
      emit('before')
      return leak()
    })
    const { warnings, verdict } = await recordAndReplay(process)
    const line = lineOf(`// leaks: ${name}`)
    expect(warnings).toContainEqual({ code: 'ERR_UNRECORDED_IO', line })
    expect(verdict.divergences[0]).toMatchObject({ class: 'leak', scope: '/leaky#0', site: { file: import.meta.filename, line } })
    expect(verdict.suspects.map(({ site }) => site)).toContainEqual(expect.stringContaining(`leaks.test.ts:${line}:`))
  })

  test('is no leak inside of a step', async () => {
    const process = agentProcess('leaky', () => step('read', () => readFileSync('/dev/null').length))
    const { warnings, verdict } = await recordAndReplay(process)
    expect(warnings).toEqual([])
    expect(verdict).toMatchObject({ verdict: 'identical', suspects: [] })
  })

  test('is no leak where a module is loaded that was not loaded before', async () => {
    const process = agentProcess('leaky', async () => {
      const { FORMAT_VERSION } = await import('../../src/log/events.ts')
      return FORMAT_VERSION
    })
    expect((await recordAndReplay(process)).warnings.filter(({ code }) => code === 'ERR_UNRECORDED_IO')).toEqual([])
  })
})

describe('a wait that nothing recorded ends', () => {
  test.for(woken)('is warned of live, and is a leak in the replay, at the line that came after it: %s', async ([, leak]) => {
    const process = agentProcess('leaky', async () => {
      await leak()
      emit('after') // goes on
    })
    const { warnings, verdict } = await recordAndReplay(process)
    const line = lineOf('// goes on')
    expect(warnings).toContainEqual({ code: 'ERR_UNRECORDED_WAKE', line })
    expect(verdict.divergences[0]).toMatchObject({ class: 'leak', site: { line }, recorded: { type: 'emit' } })
    expect(verdict.suspects).toContainEqual({ what: 'woken by something unrecorded', site: expect.stringContaining(`:${line}:`) })
  })
})

describe('what a program keeps of clock, dice and timers', () => {
  test("is the run's own when it was kept after ramure was loaded", async () => {
    const process = agentProcess('keeper', async () => {
      emit('kept', [random(), now(), new OwnDate().getTime()])
      await new Promise((resolve) => later(resolve, 3))
      emit('after', random())
    })
    const { warnings, verdict } = await recordAndReplay(process)
    expect(warnings).toEqual([])
    expect(verdict).toMatchObject({ verdict: 'identical', divergences: [] })
  })

  test.for([
    ['dice', () => kept.random()],
    ['a clock', () => kept.now() + kept.random()],
  ] as const)('cannot be seen when it was kept before; two replays that disagree tell: %s', async ([, read]) => {
    const process = agentProcess('keeper', async () => void emit('kept', read())) // keeps
    const { warnings, verdict } = await recordAndReplay(process)
    expect(warnings).toEqual([])
    expect(verdict).toMatchObject({ verdict: 'diverged', cause: 'nondeterminism', reruns: 'disagree' })
    expect(verdict.divergences[0]).toMatchObject({ class: 'changed', site: { line: lineOf('// keeps') } })
  })
})

describe('work that lost its scope', () => {
  test('is warned of with its line', async () => {
    // A library's own queue, made before any run: what runs in it belongs to no process.
    const queue = new AsyncResource('queue')
    let worker: Agent | undefined
    const process = agentProcess('leaky', async () => {
      worker = await agent('worker')
      await step('outside', () => queue.runInAsyncScope(() => worker?.send('from nowhere'))) // loses
    })
    const store = memoryStore()
    const { entries } = await recordSimulated(definitionOf(process), { seed: 1, store, reply: () => [] })
    const warning = entries.find((entry) => entry.type === 'warning' && entry.data.code === 'ERR_LOST_SCOPE')
    expect(warning?.data).toMatchObject({ site: expect.stringContaining(`leaks.test.ts:${lineOf('// loses')}:`) })
  })
})

async function recordAndReplay(process: ReturnType<typeof agentProcess<[], unknown>>) {
  const store = memoryStore()
  const entries: Entry[] = []
  let run = ''
  const onEntry = (entry: Entry, id: string) => {
    run = id
    entries.push(entry)
  }
  await surroundedBy({ store, onEntry, env: { RAMURE_HOME: tempFolder() } }, process)
  const warnings = entries.flatMap((entry) =>
    entry.type === 'warning' ? [{ code: entry.data.code, line: Number(/:(\d+):\d+$/.exec(entry.data.site ?? '')?.[1]) }] : [],
  )
  return { warnings, verdict: await replay(process, run, { store }) }
}

const lines = readFileSync(import.meta.filename, 'utf8').split('\n')

function lineOf(mark: string): number {
  return lines.findIndex((line) => line.endsWith(mark)) + 1
}
