import { agent, agentProcess, done, sleep, wait } from 'ramure'
import { agentFromRecording, type Part, simulate } from 'ramure/testing'
import { describe, expect, test } from 'vitest'
import { buildAndReview } from '../../examples/build-and-review.ts'
import type { Entry } from '../../src/log/events.ts'
import { builderAndReviewer } from '../examples/agents/build-and-review.ts'

/** What a run did, without ids: they follow from seeds and boots. */
const course = (entries: readonly Entry[]) =>
  entries.map(
    ({ type, time, agent: name, data }) =>
      `${time} ${name ?? ''} ${type} ${JSON.stringify(data).replaceAll(/"(call_id|boot|execution_id|run|seed|machine)":"[^"]*"/g, '')}`,
  )

/** Sends two messages and wants three reports. */
const reports = agentProcess('reports', async () => {
  const worker = await agent('worker', { graceMs: 5_000 })
  const seen: unknown[] = []
  worker.on<{ n: number }>('report', { input: { type: 'object' } }, async ({ n }) => {
    if (n === 2) await sleep(30)
    if (n < 0) throw new Error('negative')
    seen.push(n)
    if (seen.length === 3) done(seen)
    return seen.length
  })
  await worker.send('first')
  await worker.send('second')
  return wait()
})

const workers: Record<string, Part> = {
  'that works step by step': async (me) => {
    let n = 0
    for await (const _ of me.messages) {
      await me.sleep(250)
      await me.call('report', { n: n++ })
      me.report('usage', { cost: 0.25 })
      me.report('mood', { good: true })
    }
    n += 1
  },
  'that calls several tools at once': async (me) => {
    await me.next()
    const calls = [1, 2, -3].map((n) => me.call('report', { n }).catch(() => {}))
    await me.sleep(40)
    await Promise.all(calls)
    await me.next()
    await me.call('report', { n: 4 })
  },
  'that loses its connection and comes back': async (me) => {
    await me.next()
    await me.call('report', { n: 1 })
    await me.disconnect(3_000)
    await me.next()
    await me.call('report', { n: 2 })
    await me.call('report', { n: 3 })
  },
  'that stays away': async (me) => {
    await me.next()
    await me.sleep(20)
    await me.disconnect(60_000)
  },
  'that crashes': async (me) => {
    await me.next()
    await me.sleep(70)
    me.crash(9)
  },
  'that is silent': async (me) => void (await me.next()),
}

describe('an agent from a recording', () => {
  test.for(Object.entries(workers))('does again what an agent did %s', async ([, worker]) => {
    const recorded = await simulate(reports, [], { agents: { worker } })
    const again = await simulate(reports, [], { seed: 7, agents: { worker: agentFromRecording(recorded.entries, 'worker') } })
    expect(again.outcome).toBe(recorded.outcome)
    // The checksum at the end is also that of the header.
    const words = (entries: readonly Entry[]) =>
      course(entries.filter(({ type }) => type !== 'run_started')).map((line) =>
        line.replaceAll(/\\n +at .*?(?=\\n|")/g, '').replace(/,"checksum":\{.*?\}/, ''),
      )
    expect(words(again.entries)).toEqual(words(recorded.entries))
  })

  test('takes part beside others', async () => {
    const recorded = await simulate(buildAndReview, ['fizzbuzz'], { agents: builderAndReviewer(2) })
    const builder = agentFromRecording(recorded.entries, 'builder')
    const approve: Part = async (me) => {
      await me.next()
      await me.call('approve', { code: 'at once' })
    }
    const run = await simulate(buildAndReview, ['fizzbuzz'], { agents: { builder, reviewer: approve } })
    expect(run.value()).toBe('at once')
    expect(run.count('tool_call', ({ tool }) => tool === 'submit')).toBe(1)
  })

  test('waits for a message that does not come this time', async () => {
    const recorded = await simulate(buildAndReview, ['fizzbuzz'], { agents: builderAndReviewer(1) })
    const builder = agentFromRecording(recorded.entries, 'builder')
    const run = await simulate(buildAndReview, ['fizzbuzz'], { agents: { builder, reviewer: () => {} } })
    expect(run.outcome).toBe('timed_out')
    expect(run.count('tool_call', ({ tool }) => tool === 'submit')).toBe(1)
  })

  test('that was not recorded is an error that names those who were', async () => {
    const { entries } = await simulate(buildAndReview, ['fizzbuzz'], { agents: builderAndReviewer(0) })
    expect(() => agentFromRecording(entries, 'architect')).toThrow("no agent 'architect'")
    expect(thrown(() => agentFromRecording(entries, 'architect'))).toMatchObject({
      code: 'ERR_UNKNOWN_AGENT',
      hint: 'It has builder, reviewer.',
    })
  })
})

function thrown(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  return undefined
}
