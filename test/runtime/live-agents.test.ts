/** When an agent counts as lost: by a driver, a clock and a link that are moved by hand. */
import { describe, expect, test } from 'vitest'
import type { Draft, EntryOf } from '../../src/log/events.ts'
import type { AgentDriver, AgentExit } from '../../src/machines/driver.ts'
import type { Machine } from '../../src/machines/machine.ts'
import { liveAgents } from '../../src/runtime/live-agents.ts'

const KILLED: AgentExit = { code: null, signal: 'SIGKILL', lastWords: 'Killed.' }
const GRACE_MS = 600_000

/** An agent `worker` that was launched and has registered as connection 1. */
async function openWorker(name = 'pi', machine = async () => ({}) as Machine) {
  const pushed: Draft[] = []
  const timers = new Map<number, { readonly act: () => void; readonly ms: number }>()
  const exited = Promise.withResolvers<AgentExit>()
  let lastTimer = 0
  let launched = false
  const launch: AgentDriver['launch'] = async () => {
    launched = true
    const stop = async () => {
      exited.resolve({ code: null, signal: null, lastWords: '' })
      return exited.promise
    }
    return { tmuxSession: null, pid: null, exited: exited.promise, stop }
  }
  const can = { steer: true, lateTools: true, attach: false, usage: false }
  const agents = liveAgents({
    run: 'run',
    serverUrl: '',
    push: (draft) => void pushed.push(draft),
    note: () => {},
    machine,
    driver: async () => ({ name, can, launch }),
    prepare: async () => ({ agentFile: '', dir: '' }),
    forget: async () => {},
    disconnect: () => {},
    timers: {
      set: (act, ms) => (timers.set((lastTimer += 1), { act, ms }), lastTimer),
      clear: (timer) => void timers.delete(timer as number),
    },
  })
  const request = { name: 'worker', machine: 'm', systemPrompt: null, model: null, driver: null, registerTimeoutMs: 1, graceMs: GRACE_MS }
  agents.perform({ type: 'agent_created', scope: '/main#0', agent: 'worker' } as EntryOf<'agent_created'>, request)
  await settled()
  // Without a machine nobody was launched who could.
  if (launched) agents.registered('worker', 1)
  return {
    pushed,
    agents,
    delays: () => [...timers.values()].map(({ ms }) => ms),
    passed: async () => {
      for (const { act } of [...timers.values()]) act()
      await settled()
    },
    exits: async (exit: AgentExit) => {
      exited.resolve(exit)
      await settled()
    },
    lost: async () => {
      agents.lost('worker', 1)
      await settled()
    },
  }
}

/** Everything that promises lead to by themselves has happened. */
const settled = () => new Promise((resolve) => setImmediate(resolve))
const typesOf = (pushed: readonly Draft[]) => pushed.map(({ type }) => type)

describe('an agent whose connection is lost', () => {
  test('has its grace window while its process may live', async () => {
    const { lost, pushed, delays, passed } = await openWorker()
    await lost()
    expect([typesOf(pushed), delays()]).toEqual([['disconnected'], [GRACE_MS]])
    await passed()
    expect(pushed.at(-1)).toMatchObject({
      type: 'agent_exited',
      data: { cause: 'disconnected', message: expect.stringContaining('did not come back') },
    })
  })

  test('has none left once its process has ended', async () => {
    const { lost, exits, pushed, delays } = await openWorker()
    await lost()
    await exits(KILLED)
    expect(pushed.slice(1)).toMatchObject([{ type: 'agent_exited', data: { cause: 'killed', signal: 'SIGKILL', message: 'Killed.' } }])
    expect(delays()).toEqual([])
  })
})

describe('an agent whose process has ended', () => {
  test('is heard until the end of its connection, and then it is lost at once', async () => {
    const { lost, exits, pushed, delays } = await openWorker()
    await exits(KILLED)
    expect(pushed).toEqual([])
    await lost()
    expect(typesOf(pushed)).toEqual(['disconnected', 'agent_exited'])
    expect(delays()).toEqual([])
  })

  test('is lost a moment later when its connection never ends', async () => {
    const { exits, pushed, delays, passed, lost } = await openWorker()
    await exits({ code: 3, signal: null, lastWords: '' })
    expect(delays()).toEqual([1_000])
    await passed()
    await lost()
    expect(pushed).toMatchObject([{ type: 'agent_exited', data: { cause: 'exited', code: 3, message: 'Its process has ended.' } }])
  })

  test('is not said to be disconnected when nobody knows how its process ended', async () => {
    const { exits, pushed, lost } = await openWorker()
    await exits({ code: null, signal: null, lastWords: '' })
    await lost()
    expect(pushed.at(-1)).toMatchObject({ data: { cause: 'unknown', message: 'Its process has ended.' } })
  })

  test('is lost at once when it is a function of this process', async () => {
    const { exits, pushed } = await openWorker('scripted')
    await exits({ code: 1, signal: null, lastWords: 'Error: no' })
    expect(typesOf(pushed)).toEqual(['agent_exited'])
  })
})

test('an agent that does not register while its machine is being made says so', async () => {
  const { pushed, passed } = await openWorker('pi', () => new Promise(() => {}))
  await passed()
  expect(pushed).toMatchObject([
    { data: { cause: 'launch_failed', message: "It did not register within 1 ms. Its launch waited for its machine 'm'." } },
  ])
})
