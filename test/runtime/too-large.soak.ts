import { describe, expect, test } from 'vitest'
import { agent } from '../../src/runtime/agent.ts'
import { scripted } from '../../src/runtime/driver-choice.ts'
import { expose } from '../../src/runtime/endpoint.ts'
import { agentProcess, done, spawn, wait } from '../../src/runtime/process.ts'
import { codeOf, record } from './harness.ts'

/** More JSON than an entry may have: each of these takes seconds and much memory, so they are not in every round of tests. */
const HUGE = 'x'.repeat(128 * 1024 * 1024)
const CODE = 'ERR_ENTRY_TOO_LARGE'

describe('what is too large to be recorded', { timeout: 120_000 }, () => {
  test('fails the call of the tool whose result it is, and leaves no gap in the stream of the agent', async () => {
    const run = await record(async () => {
      const worker = await agent('worker', {
        driver: scripted(async (me) => {
          await me.call('huge').catch(() => {})
          await me.call('finish')
        }),
      })
      worker.on('huge', () => HUGE)
      worker.on('finish', () => done('over'))
      return wait()
    })
    expect(run.value()).toBe('over')
    expect(run.of('tool_result')[0]?.data.error).toContain('characters of JSON')
    const aseqs = run.entries.filter((entry) => entry.agent === 'worker' && entry.by !== 'runtime').map(({ aseq }) => aseq)
    expect(aseqs).toEqual(aseqs.map((_, index) => index + 1))
  })

  test('fails the call of the endpoint whose result it is', async () => {
    const child = agentProcess('child', async () => {
      expose('huge', () => HUGE)
      return wait()
    })
    const run = await record(async () => {
      const handle = spawn(child)
      return codeOf(() => handle.call('huge', {}))
    })
    expect(run.value()).toBe(CODE)
  })

  test('ends the run, with an end in its log, when it comes in', async () => {
    const run = await record(
      async () => {
        await agent('worker', { driver: scripted(async (me) => void (await me.call('huge', { HUGE }))) })
        return wait()
      },
      { reruns: false },
    )
    expect(run.error()).toMatchObject({ code: CODE })
    expect(run.entries.at(-1)).toMatchObject({ type: 'run_ended', data: { outcome: 'failed', error: { code: CODE } } })
  })

  test('fails the process whose result it is', async () => {
    const run = await record(async () => HUGE)
    expect(run.error()).toMatchObject({ code: CODE })
    expect(run.of('run_ended')[0]?.data).toMatchObject({ outcome: 'failed', error: { code: CODE } })
  })
})
