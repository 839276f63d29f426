/** What never comes to an end by itself must not hold up the end of a run, and the log says what was left. */
import { describe, expect, test } from 'vitest'
import type { AgentDriver, RunningAgent } from '../../src/machines/driver.ts'
import { localImage } from '../../src/machines/local.ts'
import type { Image, Machine as MachineOfImage } from '../../src/machines/machine.ts'
import { agent } from '../../src/runtime/agent.ts'
import { sleep, step } from '../../src/runtime/effects.ts'
import { machine } from '../../src/runtime/machine-record.ts'
import { type Surroundings, surroundedBy } from '../../src/runtime/surroundings.ts'
import { leftBehind, type Recording, record } from './harness.ts'

const never = () => new Promise<never>(() => {})

/** Runs `fn` with little patience; whatever it waits for has 20 ms from the end of the process on. */
function impatient(fn: () => Promise<unknown>, around: Surroundings = {}): Promise<Recording> {
  return surroundedBy({ ...around, patienceMs: 20 }, () => record(fn))
}

function local(changes: (made: MachineOfImage) => Partial<MachineOfImage>): Image {
  const image = localImage()
  return {
    ...image,
    spawn: async (options) => {
      const made = await image.spawn(options)
      return { ...made, ...changes(made) }
    },
  }
}

function leftIn(recording: Recording): readonly string[] {
  const said = recording.of('warning').filter(({ data }) => data.code === 'WARN_NOT_ENDED')
  return said.map(({ data }) => data.message)
}

/** The end of the run is the last of it, and nothing is left where live runs are kept. */
async function expectOver(recording: Recording): Promise<void> {
  expect(recording.entries.at(-1)?.type).toBe('run_ended')
  expect(await leftBehind(recording.home)).toEqual([])
}

describe('an image whose spawn never settles', () => {
  test('is told when the process ends, holds up nobody for long, and its machine is named', async () => {
    const spawning = Promise.withResolvers<AbortSignal | undefined>()
    const image: Image = { ...localImage(), spawn: ({ signal }) => (spawning.resolve(signal), never()) }
    const recording = await impatient(async () => {
      void (await machine({ image })).exec('true')
      await step('spawning', async () => void (await spawning.promise))
    })
    expect(recording.value()).toBeUndefined()
    expect((await spawning.promise)?.aborted).toBe(true)
    // The command that waited for the machine is not: it was never begun.
    expect(leftIn(recording)).toEqual([expect.stringMatching(/longer: machine 'LocalMachine-[0-9a-f]{8}' is still being made\. What/)])
    await expectOver(recording)
  })

  test('leaves nothing to be named when it listens', async () => {
    const spawning = Promise.withResolvers<void>()
    const image: Image = {
      ...localImage(),
      spawn: ({ signal }) => {
        spawning.resolve()
        return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
      },
    }
    const recording = await impatient(async () => {
      await machine({ image })
      await step('spawning', () => spawning.promise)
    })
    expect(leftIn(recording)).toEqual([])
    await expectOver(recording)
  })

  test('is not told to give up when it has come to its end: then it is stopped', async () => {
    const told: string[] = []
    const image: Image = {
      ...localImage(),
      spawn: async ({ cwd, signal }) => {
        signal?.addEventListener('abort', () => told.push('abort'))
        const made = await localImage().spawn({ cwd })
        return { ...made, stop: async () => void told.push('stop') }
      },
    }
    await record(async () => (await machine({ image })).exec('true'))
    expect(told).toEqual(['stop'])
  })
})

test('a machine that does not stop, a command and a file that do not end are named with their entries', async () => {
  const image = local(() => ({ stop: never, exec: never, readFile: never, writeFile: never }))
  const recording = await impatient(async () => {
    const box = await machine({ image })
    void box.exec('sleep 1')
    void box.readFile('in.txt')
    void box.writeFile('out.txt', 'text')
    // They are begun with the end of this turn.
    await sleep(1)
  })
  expect(recording.value()).toBeUndefined()
  const [said = ''] = leftIn(recording)
  const [exec, read, write] = (['exec_started', 'file_read_started', 'file_write_started'] as const).map(
    (type) => recording.of(type)[0]?.seq,
  )
  expect(said).toMatch(/machine 'LocalMachine-\w+' is still being stopped/)
  expect(said).toMatch(new RegExp(`a command on machine '\\S+' \\(#${exec}\\)`))
  expect(said).toMatch(new RegExp(`reading 'in.txt' on machine '\\S+' \\(#${read}\\)`))
  expect(said).toMatch(new RegExp(`writing 'out.txt' on machine '\\S+' \\(#${write}\\)`))
  await expectOver(recording)
})

test('files are told as well when nobody wants them any more', async () => {
  const signals: (AbortSignal | undefined)[] = []
  const image = local(() => ({
    readFile: (_, options) => (signals.push(options?.signal), never()),
    writeFile: (_, __, options) => (signals.push(options?.signal), never()),
  }))
  await impatient(async () => {
    const box = await machine({ image })
    void box.readFile('a')
    void box.writeFile('b', '')
    await box.exec('true')
  })
  expect(signals.map((signal) => signal?.aborted)).toEqual([true, true])
})

describe('a launch that never settles', () => {
  const can = { steer: true, lateTools: true, attach: false, usage: false }

  /** A process that ends as soon as its agent is being launched. */
  function launching(launch: AgentDriver['launch']): Promise<Recording> {
    const begun = Promise.withResolvers<void>()
    const pi: AgentDriver = { name: 'pi', can, launch: (spec) => (begun.resolve(), launch(spec)) }
    return impatient(
      async () => {
        void agent('worker').catch(() => {})
        await step('launching', () => begun.promise)
      },
      { pi },
    )
  }

  test('is given up with a word in the log when the process ends', async () => {
    const recording = await launching(never)
    expect(recording.of('agent_exited').map(({ data }) => data)).toEqual([
      { cause: 'shutdown', by: 'ramure', message: 'It was not seen to end.' },
    ])
    expect(leftIn(recording)).toEqual([
      expect.stringContaining("Agent 'worker' did not end in time: its launch still waits for the driver 'pi'"),
    ])
    await expectOver(recording)
  })

  test('is ended when it settles after all', async () => {
    const launched = Promise.withResolvers<RunningAgent>()
    const stopped = Promise.withResolvers<void>()
    const recording = await launching(() => launched.promise)
    expect(recording.of('agent_spawned')).toEqual([])
    const exit = { code: null, signal: null, lastWords: '' }
    launched.resolve({ tmuxSession: null, pid: null, exited: never(), stop: async () => (stopped.resolve(), exit) })
    await stopped.promise
  })

  test('of an agent that started, but whose driver does not stop it, is named otherwise', async () => {
    const recording = await launching(async () => ({ tmuxSession: null, pid: null, exited: never(), stop: never }))
    expect(leftIn(recording)).toEqual([expect.stringContaining('its driver has not stopped it')])
    await expectOver(recording)
  })
})
