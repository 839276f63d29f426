import { agent, agentProcess, done, expose, sleep, step, wait } from 'ramure'
import { memoryStore, type Schedule, simulate } from 'ramure/testing'
import { describe, expect, test } from 'vitest'

const TEXT = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] } as const

/** Two workers whose texts come together in the order in which they come. */
const collects = agentProcess(
  'collects',
  async () => {
    const texts: string[] = []
    for (const name of ['ann', 'ben']) {
      const worker = await agent(name, { graceMs: 10_000 })
      worker.on<{ text: string }>('add', { input: TEXT }, ({ text }) => {
        texts.push(`${name}: ${text}`)
        if (texts.length === 3) done(texts)
        return texts.length
      })
      await worker.send('Add.')
    }
    return wait<string[]>()
  },
  { timeoutMs: 600_000 },
)

const add = (agent: string, text: string) => ({ agent, call: 'add', params: { text } })
const collected = (schedule: Schedule) => simulate(collects, [], { schedule })

/** Runs a command and sleeps for a second. */
const tests = agentProcess('tests', async () => {
  const worker = await agent('worker')
  const { ok } = await worker.exec('npm test', { timeoutMs: 60_000 })
  const startedMs = Date.now()
  await sleep(1_000)
  return { ok, sleptMs: Date.now() - startedMs }
})
const tested = (schedule: Schedule) => simulate(tests, [], { schedule, machines: { exec: { 'npm test': 'ok' } } })

describe('a schedule', () => {
  test('is what all agents do, in its order, and nothing else', async () => {
    const schedule = [add('ben', 'one'), add('ann', 'two'), add('ben', 'three')]
    const run = await collected(schedule)
    expect(run.value()).toEqual(['ben: one', 'ann: two', 'ben: three'])
    expect(run.schedule).toEqual(schedule)
    expect(run.happened.map(({ seq }) => run.entries[(seq ?? 0) - 1]?.type)).toEqual(['tool_call', 'tool_call', 'tool_call'])
    expect((await collected(schedule.slice(0, 2))).outcome).toBe('timed_out')
  })

  test('takes its time', async () => {
    const run = await collected([add('ann', 'a'), { ...add('ann', 'b'), afterMs: 2_000 }, { ...add('ben', 'c'), afterMs: 500 }])
    expect(run.durationMs).toBe(2_500)
    expect(run.schedule.map((step) => ('afterMs' in step ? step.afterMs : 0))).toEqual([0, 2_000, 500])
  })

  test('delivers a call twice, which is one call, or makes it again, which is two', async () => {
    const delivered = await collected([add('ann', 'a'), { agent: 'ann', repeats: 'delivery' }])
    expect([delivered.count('tool_call'), delivered.count('tool_result')]).toEqual([2, 1])
    const [first, second] = delivered.all('tool_call')
    expect(second?.data).toEqual(first?.data)
    const again = await collected([add('ann', 'a'), { agent: 'ann', repeats: 'call' }, { agent: 'ann', repeats: 'call' }])
    expect(again.value()).toEqual(['ann: a', 'ann: a', 'ann: a'])
  })

  test('has agents crash, fall silent and lose their connection', async () => {
    const crashed = await collected([add('ann', 'a'), { agent: 'ben', crashes: 137 }])
    expect(crashed.error?.message).toBe("agent 'ben' disconnected")
    expect(crashed.first('agent_exited', { agent: 'ben' })?.data).toMatchObject({ cause: 'exited', code: 137 })
    const silent = await collected([{ agent: 'ann', stops: true }, add('ann', 'a'), add('ben', 'b')])
    expect(silent.calls().map(({ agent }) => agent)).toEqual(['ben'])
    const away = await collected([
      { agent: 'ann', disconnects: 5_000 },
      ...['a', 'b', 'c'].map((text) => ({ ...add('ann', text), afterMs: 5_000 })),
    ])
    expect([away.outcome, away.count('disconnected'), away.count('register', { agent: 'ann' })]).toEqual(['completed', 1, 2])
    const lost = await collected([{ agent: 'ann', disconnects: 60_000 }])
    expect([lost.outcome, lost.durationMs]).toEqual(['failed', 10_000])
  })

  test('leaves out what cannot happen', async () => {
    const run = await collected([
      add('nobody', 'a'),
      { agent: 'ann', call: 'no_such_tool', params: {} },
      { agent: 'ann', repeats: 'call' },
      { agent: 'ben', acts: true },
      add('ben', 'b'),
    ])
    expect(run.schedule).toEqual([add('ben', 'b')])
    const wrong = await collected([{ agent: 'ann', call: 'add', params: { text: 7 }, wrong: true }])
    expect(wrong.calls()[0]?.error).toMatch(/The arguments of 'add' do not fit/)
  })

  test('has commands fail, hang and take their time, and timers be late', async () => {
    expect((await tested([])).value()).toEqual({ ok: true, sleptMs: 1_000 })
    expect((await tested([{ exec: 1, does: 'fail' }])).value()).toEqual({ ok: false, sleptMs: 1_000 })
    const hung = await tested([{ exec: 1, does: 'hang' }])
    expect([hung.value(), hung.durationMs]).toEqual([{ ok: false, sleptMs: 1_000 }, 61_000])
    expect((await tested([{ exec: 1, does: { takesMs: 5_000 } }])).durationMs).toBe(6_000)
    expect((await tested([{ timer: 1, lateMs: 700 }])).value()).toEqual({ ok: true, sleptMs: 1_700 })
    expect((await tested([{ exec: 9, does: 'fail' }])).schedule).toEqual([])
  })

  test('ends the log where the runtime is killed, at every entry: what is left replays', async () => {
    const whole = await collected([add('ann', 'a'), add('ben', 'b'), add('ann', 'c')])
    for (let killedAfter = 1; killedAfter < whole.entries.length; killedAfter += 1) {
      const run = await collected([add('ann', 'a'), add('ben', 'b'), add('ann', 'c'), { killedAfter }])
      expect([run.outcome, run.replay?.verdict]).toEqual(['killed', 'identical'])
      expect(run.entries).toEqual(whole.entries.slice(0, killedAfter))
    }
  })

  test('leaves in the store what was written before the kill, and no more', async () => {
    const store = memoryStore()
    const run = await simulate(collects, [], { schedule: [add('ann', 'a'), { killedAfter: 12 }], store })
    const kept: number[] = []
    for await (const entry of store.read(run.run)) if ('seq' in entry) kept.push(entry.seq)
    expect(kept).toEqual(Array.from({ length: 12 }, (_, at) => at + 1))
  })

  test('lets a timer that is due go before a step that is due as well', async () => {
    const naps = agentProcess('naps', async () => {
      const worker = await agent('worker')
      let isAwake = false
      worker.on('ask', () => {
        done(isAwake)
        return isAwake
      })
      await worker.send('Ask in a second.')
      await sleep(500)
      await sleep(500)
      isAwake = true
      return wait<boolean>()
    })
    const run = await simulate(naps, [], { schedule: [{ agent: 'worker', call: 'ask', params: {}, afterMs: 1_000 }] })
    expect([run.value(), run.durationMs]).toEqual([true, 1_000])
  })

  test('has the disk full: the run ends at once, and nobody has heard of what was not written', async () => {
    const whole = await collected([add('ann', 'a'), add('ben', 'b'), add('ann', 'c')])
    for (let diskFullAfter = 3; diskFullAfter < whole.entries.length; diskFullAfter += 4) {
      const run = await collected([add('ann', 'a'), add('ben', 'b'), add('ann', 'c'), { diskFullAfter }])
      expect([run.outcome, run.replay?.verdict]).toEqual(['log_dead', 'identical'])
      expect(run.error).toMatchObject({ code: 'ERR_LOG_DEAD', cause: { code: 'ENOSPC' } })
      expect(run.entries).toEqual(whole.entries.slice(0, run.entries.length))
      expect(run.entries.length).toBeLessThanOrEqual(diskFullAfter)
    }
  })

  describe('with steps and endpoints', () => {
    const asks = agentProcess('asks', async () => {
      const worker = await agent('worker')
      expose(
        'double',
        { input: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] } },
        ({ n }: { n: number }) => n * 2,
      )
      await worker.send('Wait.')
      const found = await step('look', async () => 'here').catch((error: Error) => error.message)
      await sleep(1_000)
      return found
    })
    const asked = (schedule: Schedule) => simulate(asks, [], { schedule })

    test('has a step fail, take its time, or never answer', async () => {
      expect((await asked([])).value()).toBe('here')
      expect((await asked([{ step: 1, does: 'fail' }])).value()).toBe('It failed.')
      expect(await asked([{ step: 1, does: { takesMs: 500 } }])).toMatchObject({ result: 'here', durationMs: 1_500 })
      const stuck = await asked([{ step: 1, does: 'hang' }])
      expect([stuck.outcome, stuck.waiting.map(({ kind, label }) => `${kind} ${label}`)]).toEqual(['stuck', ['step look']])
    })

    test('has somebody outside call an endpoint in its place in the order, and leaves out one that is not there', async () => {
      const schedule = [
        { endpoint: 'double', kwargs: { n: 2 }, afterMs: 300 },
        { endpoint: 'triple', kwargs: {} },
        { endpoint: 'double', kwargs: { n: 'two' } },
      ]
      const run = await asked(schedule)
      expect(run.schedule).toEqual([schedule[0], schedule[2]])
      expect(run.all('endpoint_returned').map(({ data }) => data.ok)).toEqual([true, false])
      expect(run.first('endpoint_called')).toMatchObject({ by: 'world', data: { caller: 'outside', kwargs: { n: 2 } } })
      expect((await asked(run.schedule)).entries).toEqual(run.entries)
    })
  })
})
