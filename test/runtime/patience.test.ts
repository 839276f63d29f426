/** What never comes to an end by itself must not hold up the end of a run, and the log says what was left. */
import { describe, expect, test } from 'vitest'
import type { AgentDriver, RunningAgent } from '../../src/machines/driver.ts'
import { localImage } from '../../src/machines/local.ts'
import type { Image, Machine as MachineOfImage } from '../../src/machines/machine.ts'
import { type AgentOptions, agent } from '../../src/runtime/agent.ts'
import { scripted } from '../../src/runtime/driver-choice.ts'
import { sleep } from '../../src/runtime/effects.ts'
import { machine } from '../../src/runtime/machine-record.ts'
import { agentProcess, wait } from '../../src/runtime/process.ts'
import { type Surroundings, surroundedBy } from '../../src/runtime/surroundings.ts'
import { leftBehind, type Recording, record } from './harness.ts'

const never = () => new Promise<never>(() => {})
const silent = scripted(() => {})

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
  const hangs = (seen: AbortSignal[]): Image => ({
    ...localImage(),
    spawn: ({ signal }) => {
      if (signal) seen.push(signal)
      return never()
    },
  })
  const impatientHire = (image: Image) => agent('worker', { image, driver: silent, registerTimeoutMs: 20 } satisfies AgentOptions)

  test('fails the agent that needs it with the name of its machine, and the run ends', async () => {
    const signals: AbortSignal[] = []
    const recording = await impatient(async () => impatientHire(hangs(signals)))
    expect(recording.error()).toMatchObject({
      code: 'ERR_AGENT_LAUNCH',
      message: expect.stringMatching(/did not register within 20 ms\. Its launch waited for its machine 'LocalMachine-[0-9a-f]{8}'/),
    })
    expect(signals.map(({ aborted }) => aborted)).toEqual([true])
    expect(leftIn(recording)).toEqual([expect.stringMatching(/machine 'LocalMachine-[0-9a-f]{8}' is still being made/)])
    await expectOver(recording)
  })

  test('is told, and when it listens nothing is left to be named', async () => {
    const listens: Image = {
      ...localImage(),
      spawn: ({ signal }) => new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
    }
    const recording = await impatient(async () => impatientHire(listens))
    expect(recording.error()).toMatchObject({ code: 'ERR_AGENT_LAUNCH' })
    expect(leftIn(recording)).toEqual([])
  })

  test('holds up nobody who waits for a command on it', async () => {
    const recording = await impatient(
      agentProcess('slow', async () => (await machine({ image: hangs([]) })).exec('true'), { timeoutMs: 20 }),
    )
    expect(recording.error()).toMatchObject({ code: 'ERR_TIMEOUT' })
    expect(leftIn(recording)).toEqual([expect.not.stringContaining('a command')])
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
  const driver = (launch: AgentDriver['launch']): Surroundings => ({ pi: { name: 'pi', can, launch } })

  test('is given up with a word in the log when the process ends', async () => {
    const recording = await impatient(
      agentProcess('slow', async () => agent('worker'), { timeoutMs: 20 }),
      driver(never),
    )
    expect(recording.error()).toMatchObject({ code: 'ERR_TIMEOUT' })
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
    const recording = await impatient(
      agentProcess('slow', async () => agent('worker'), { timeoutMs: 20 }),
      driver(() => launched.promise),
    )
    expect(recording.of('agent_spawned')).toEqual([])
    const exit = { code: null, signal: null, lastWords: '' }
    launched.resolve({ tmuxSession: null, pid: null, exited: never(), stop: async () => (stopped.resolve(), exit) })
    await stopped.promise
  })

  test('of an agent that started, but whose driver does not stop it, is named otherwise', async () => {
    const started = driver(async () => ({ tmuxSession: null, pid: null, exited: never(), stop: never }))
    const recording = await impatient(
      agentProcess('slow', async () => (agent('worker'), wait()), { timeoutMs: 20 }),
      started,
    )
    expect(leftIn(recording)).toEqual([expect.stringContaining('its driver has not stopped it')])
  })
})
