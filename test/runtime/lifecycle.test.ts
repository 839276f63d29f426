import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Draft, Entry } from '../../src/log/events.ts'
import { rerun } from '../../src/replay/rerun.ts'
import { agent } from '../../src/runtime/agent.ts'
import { sleep, step } from '../../src/runtime/effects.ts'
import type { Definition } from '../../src/runtime/lifecycle.ts'
import { machine } from '../../src/runtime/machine-record.ts'
import { agentProcess, done, fail, type ProcessHandle, spawn, wait } from '../../src/runtime/process.ts'
import { recordSimulated } from './simulated-world.ts'

/** What may end a process. Several happen in one run, one input after the other, in the order of the list. */
const CAUSES = ['return', 'throw', 'done', 'fail', 'cancel', 'lost agent', 'timeout', 'parent returns', 'stop'] as const
type Cause = (typeof CAUSES)[number]

/** Whatever comes first decides; the process waits for done or fail, so those end it as well. */
const OUTCOME: { readonly [K in Cause]: string } = {
  return: 'done returned',
  throw: 'failed thrown',
  done: 'done value',
  fail: 'failed reason',
  cancel: 'cancelled enough',
  'lost agent': "failed agent 'victim' disconnected",
  timeout: "failed Process 'subject' did not finish within 5 ms.",
  'parent returns': 'cancelled its parent ended',
  stop: 'cancelled its parent ended (The process was cancelled by tester: no more.)',
}

interface Plan {
  readonly causes: readonly Cause[]
  /** What the process holds when it ends. */
  readonly children: number
  readonly machines: number
  readonly agents: number
}

const plan: fc.Arbitrary<Plan> = fc.record({
  causes: fc.uniqueArray(fc.constantFrom(...CAUSES), { minLength: 1, maxLength: 4 }),
  children: fc.nat(2),
  machines: fc.nat(2),
  agents: fc.nat(2),
})

/** Both processes share a switchboard: each cause waits for its turn, so that the order is the plan's. */
function definitionOf({ causes, children, machines, agents }: Plan): Definition {
  const main = async () => {
    const turns = new Map(causes.map((cause) => [cause, Promise.withResolvers<void>()]))
    const turnOf = (cause: Cause) => turns.get(cause)?.promise ?? new Promise<void>(() => {})
    const subject = agentProcess(
      'subject',
      async () => {
        for (let k = 0; k < machines; k += 1) await machine()
        for (let k = 0; k < agents; k += 1) await agent(`a${k}`)
        for (let k = 0; k < children; k += 1) spawn(agentProcess('nested', async () => (await machine(), wait())))
        const victim = causes.includes('lost agent') ? await agent('victim') : null
        await sleep(1)
        void turnOf('done').then(() => done('value'))
        void turnOf('fail').then(() => fail('reason'))
        void turnOf('lost agent').then(() => victim?.send('leave').catch(() => {}))
        ready.resolve()
        return Promise.race([
          wait(),
          turnOf('return').then(() => 'returned'),
          turnOf('throw').then(() => Promise.reject(new Error('thrown'))),
          step('held', () => new Promise(() => {})),
        ])
      },
      causes.includes('timeout') ? { timeoutMs: 5 } : {},
    )
    const ready = Promise.withResolvers<void>()
    const handle: ProcessHandle = spawn(subject)
    void turnOf('cancel').then(() => handle.cancel('enough'))
    await ready.promise
    for (const cause of causes) {
      if (cause === 'parent returns') return 'parent'
      if (cause === 'stop' || cause === 'timeout') await step(cause, () => {})
      turns.get(cause)?.resolve()
      // The second one is set when the cause has had its whole turn.
      await sleep(1)
      await sleep(1)
    }
    await handle.result.catch(() => {})
    return 'parent'
  }
  return { name: 'main', fn: main, image: undefined, timeoutMs: undefined }
}

/** Fires the timeout, loses the agent and stops the run exactly when the plan says so. */
function stage(): (entry: Entry, push: (draft: Draft) => void) => boolean {
  let timeout: Entry | null = null
  return (entry, push) => {
    const world = { by: 'world', scope: entry.scope } as const
    if (entry.type === 'timer_set' && entry.data.timer.startsWith('timeout')) timeout = entry
    else if (entry.type === 'timer_cleared' && entry.data.timer.startsWith('timeout')) timeout = null
    else if (entry.type === 'step_started' && entry.data.name === 'timeout') {
      if (timeout) push({ ...world, type: 'timer_fired', cause: timeout.seq, data: { timer: 'timeout:0' } })
      push({ ...world, type: 'step_result', cause: entry.seq, data: { value: null } })
    } else if (entry.type === 'step_started' && entry.data.name === 'stop')
      push({ ...world, type: 'stop_requested', data: { caller: 'tester', reason: 'no more' } })
    else if (entry.type === 'step_started' && entry.data.name === 'held') return true
    else if (entry.type === 'message' && entry.data.text === 'leave')
      push({ ...world, type: 'agent_exited', agent: 'victim', data: { cause: 'exited', by: 'unknown' } })
    else return false
    return true
  }
}

describe('a process that several things end', () => {
  test('ends once, by the first of them, and cleans up once, in order', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(plan, fc.nat(), async (chosen, seed) => {
        const { entries } = await recordSimulated(definitionOf(chosen), { seed, play: stage() })
        const path = '/main#0/subject#0'
        const ends = entries.filter(({ scope, type }) => scope === path && /^process_(done|failed|cancelled)$/.test(type))
        expect(ends).toHaveLength(1)
        const [end] = ends
        const said =
          end?.type === 'process_done'
            ? `done ${String(end.data.result)}`
            : end?.type === 'process_failed'
              ? `failed ${end.data.error.message}`
              : end?.type === 'process_cancelled'
                ? `cancelled ${end.data.reason}`
                : ''
        expect(said).toBe(OUTCOME[chosen.causes[0] as Cause])
        // Children, agents, machines, the outcome.
        const own = entries.filter(({ scope, by }) => scope === path && by === 'program')
        const stages = entries
          .filter(
            (entry) =>
              entry.scope.startsWith(path) &&
              (/^process_(done|failed|cancelled)$/.test(entry.type) || entry.type === 'shutdown' || entry.type === 'machine_stopped'),
          )
          .map((entry) => (entry.scope !== path ? 0 : entry.type === 'shutdown' ? 1 : entry.type === 'machine_stopped' ? 2 : 3))
        expect(stages).toEqual(stages.toSorted())
        const created = own.filter(({ type }) => type === 'agent_created').map((entry) => entry.agent)
        expect(
          own
            .filter(({ type }) => type === 'shutdown')
            .map((entry) => entry.agent)
            .sort(),
        ).toEqual(created.sort())
        const machines = own.flatMap((entry) => (entry.type === 'machine_created' ? [entry.data.machine] : []))
        expect(own.flatMap((entry) => (entry.type === 'machine_stopped' ? [entry.data.machine] : [])).sort()).toEqual(machines.sort())
        expect(own.at(-1)).toBe(end)
        expect((await rerun(definitionOf(chosen), entries)).differences).toEqual([])
      }),
      { numRuns: Number(process.env.RAMURE_ROUNDS ?? 120) },
    )
  })
})
