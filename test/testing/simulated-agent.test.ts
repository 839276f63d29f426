import { agent, agentProcess, done, sleep, wait } from 'ramure'
import { type Part, silent, simulate } from 'ramure/testing'
import { describe, expect, test } from 'vitest'

const ANY = { input: { type: 'object' } } as const

/** Sends one message and waits for one report. */
const oneReport = agentProcess('oneReport', async (graceMs: number) => {
  const worker = await agent('worker', { graceMs })
  worker.on<{ text?: string }>('report', ANY, ({ text }) => {
    done(text)
    return 'noted'
  })
  await worker.send('go')
  return wait<string>()
})

const simulated = (worker: Part, graceMs = 10_000) => simulate(oneReport, [graceMs], { agents: { worker } })

describe('an agent', () => {
  test('hears messages, calls tools and gets their answers', async () => {
    const heard: unknown[] = []
    const run = await simulated(async (me) => {
      for await (const { text } of me.messages) {
        heard.push(text, [...me.tools].includes('report'))
        heard.push(await me.call('report', { text: 'ready' }))
      }
    })
    expect(run.value()).toBe('ready')
    expect(heard).toEqual(['go', true, 'noted'])
    expect(run.agents.get('worker')).toMatchObject({ driver: 'scripted', state: 'exited', toolCalls: { ok: 1, failed: 0 } })
  })

  test('gets the error of a tool that it called wrongly', async () => {
    const errors: string[] = []
    await simulated(async (me) => {
      await me.call('nonsense').catch((error: Error) => errors.push(error.message))
      await me.call('report', { text: 'ok' })
    })
    expect(errors).toEqual(["Unknown tool 'nonsense' for agent 'worker'"])
  })

  test('reports what pi would report', async () => {
    const run = await simulated(async (me) => {
      me.report('usage', { input: 10, output: 5 })
      me.report('mood', { good: true })
      await me.call('report', { text: 'ok' })
    })
    expect(run.events('usage').map(({ data }) => data)).toEqual([{ input: 10, output: 5 }])
    expect(run.events('agent_activity').map(({ data }) => data)).toEqual([{ event: 'mood', data: { good: true } }])
  })

  test('that throws crashes, with its error as its last words', async () => {
    const run = await simulated(async (me) => {
      await me.next()
      throw new Error('out of memory')
    })
    expect(run.outcome).toBe('failed')
    expect(run.error?.message).toBe("agent 'worker' disconnected")
    expect(run.events('agent_exited')[0]?.data).toMatchObject({
      cause: 'exited',
      code: 1,
      message: expect.stringContaining('out of memory'),
    })
  })

  test('that crashes exits with its code', async () => {
    const run = await simulated((me) => me.crash(137))
    expect(run.outcome).toBe('failed')
    expect(run.events('agent_exited')[0]?.data).toMatchObject({ cause: 'exited', code: 137 })
  })

  test('loses the timers that it had when it crashes', async () => {
    const fired: string[] = []
    const outlives = agentProcess('outlives', async () => {
      await agent('worker').catch(() => {})
      await sleep(60_000)
    })
    const run = await simulate(outlives, [], {
      agents: {
        worker: async (me) => {
          setTimeout(() => fired.push('too late'), 1_000)
          setInterval(() => fired.push('tick'), 1_000)
          await me.sleep(500)
          me.crash()
        },
      },
    })
    expect(run.durationMs).toBe(500)
    expect(fired).toEqual([])
  })

  test('that is silent leaves the process waiting', async () => {
    expect((await simulated(silent)).outcome).toBe('stuck')
  })

  test('that comes back within its window of grace misses nothing, and nothing of it is missed', async () => {
    const heard: string[] = []
    const twoWords = agentProcess('twoWords', async () => {
      const worker = await agent('worker', { graceMs: 5_000 })
      worker.on('report', ANY, (input) => {
        done(input)
        return 'noted'
      })
      await sleep(1_000)
      await worker.send('while you were away')
      return wait()
    })
    const run = await simulate(twoWords, [], {
      agents: {
        worker: async (me) => {
          me.report('usage', { before: true })
          const back = me.disconnect(4_000)
          me.report('usage', { meanwhile: true })
          await back
          heard.push((await me.next()).text, new Date().toISOString())
          await me.call('report', { n: 1 })
        },
      },
    })
    expect(run.value()).toEqual({ n: 1 })
    expect(heard).toEqual(['while you were away', '2026-01-01T00:00:04.000Z'])
    expect(run.events('disconnected')).toHaveLength(1)
    expect(run.events('register').map(({ time }) => time)).toEqual(['2026-01-01T00:00:00.000Z', '2026-01-01T00:00:04.000Z'])
    expect(run.events('usage').map(({ time }) => time)).toEqual(['2026-01-01T00:00:00.000Z', '2026-01-01T00:00:04.000Z'])
  })

  test('that stays away longer than its window of grace is lost, and the process with it', async () => {
    let cameBack = false
    const run = await simulated(async (me) => {
      await me.next()
      await me.disconnect(60_000)
      cameBack = true
    }, 5_000)
    expect(run.outcome).toBe('failed')
    expect(run.durationMs).toBe(5_000)
    expect(run.events('agent_exited')[0]?.data).toMatchObject({ cause: 'disconnected', by: 'unknown' })
    expect(cameBack).toBe(false)
  })

  test('is shut down with its process: what it waits for rejects', async () => {
    const ends: unknown[] = []
    const staff = agentProcess('staff', async () => {
      await agent('worker')
      await agent('sleeper')
      await sleep(10)
    })
    const brief = agentProcess('brief', async () => {
      await staff()
      await sleep(1_000)
    })
    await simulate(brief, [], {
      agents: {
        worker: async (me) => {
          for await (const _ of me.messages) ends.push('a message')
          ends.push('messages end')
        },
        sleeper: async (me) => {
          await me.sleep(100_000).catch(() => ends.push('sleep rejects'))
          setInterval(() => ends.push('a tick after its end'), 1)
        },
      },
    })
    expect(ends.toSorted()).toEqual(['messages end', 'sleep rejects'])
  })

  test('cannot act as the process', async () => {
    const errors: unknown[] = []
    await simulated(async (me) => {
      await me.next()
      const { emit } = await import('ramure')
      try {
        emit('mine')
      } catch (error) {
        errors.push((error as { code?: string }).code)
      }
      await me.call('report', { text: 'ok' })
    })
    expect(errors).toEqual(['ERR_NO_PROCESS'])
  })

  test('needs a part: without one it does not start, and the error says what to give', async () => {
    const run = await simulate(oneReport, [1_000])
    expect(run.error).toMatchObject({ code: 'ERR_AGENT_LAUNCH' })
    expect(run.error?.message).toContain("nobody to play the agent 'worker'")
    expect(run.error?.message).toContain('agents: { worker: async (me)')
  })
})
