import { always, type Invariant, type SimulatedRun, simulate } from 'ramure/testing'
import { describe, expect, test } from 'vitest'
import { buildAndReview } from '../../../examples/build-and-review.ts'
import type { Entry, EventType } from '../../../src/log/events.ts'
import { queriesOf } from '../../../src/testing/queries.ts'

const schedule = [
  { agent: 'builder', call: 'submit', params: { code: 'a' } },
  { agent: 'reviewer', call: 'approve', params: { code: 'a' } },
]
const whole = () => simulate(buildAndReview, ['fizzbuzz'], { schedule })

/** The run as it would be with other entries, or other facts. */
function forged(run: SimulatedRun, entries: readonly Entry[], facts: Partial<SimulatedRun> = {}): SimulatedRun {
  const { agents } = run
  return { ...run, ...queriesOf(entries), agents, entries, ...facts }
}

const without = (run: SimulatedRun, ...types: EventType[]) =>
  forged(
    run,
    run.entries.filter(({ type }) => !types.includes(type)),
  )

function twice(run: SimulatedRun, type: EventType): SimulatedRun {
  const found = run.entries.find((entry) => entry.type === type) as Entry
  return forged(run, [...run.entries, { ...found, seq: run.entries.length + 1 }])
}

const answerOf = async (invariant: Invariant, run: SimulatedRun) => invariant.check(run)

describe('what holds of every program', () => {
  test('holds of a run that is whole', async () => {
    const run = await whole()
    for (const name of [
      'terminates',
      'notStuck',
      'noOrphans',
      'everyCallAnsweredOnce',
      'endsOnce',
      'nothingSentToTheDead',
      'projectionsAgree',
      'replays',
    ] as const)
      expect([name, await answerOf(always[name](), run)]).toEqual([name, null])
  })

  test.for<[string, Invariant, (run: SimulatedRun) => SimulatedRun, RegExp]>([
    [
      'a call has two answers',
      always.everyCallAnsweredOnce(),
      (run) => twice(run, 'tool_result'),
      /^the call .* of builder was answered twice: #\d+ and #\d+$/,
    ],
    [
      'a call has no answer and its agent is there',
      always.everyCallAnsweredOnce(),
      (run) => without(run, 'tool_result', 'shutdown', 'agent_exited'),
      /^builder\.submit \(#\d+\) was never answered$/,
    ],
    ['a process ends twice', always.endsOnce(), (run) => twice(run, 'process_done'), /ended twice/],
    [
      'a process decides twice',
      always.endsOnce(),
      (run) => twice(run, 'done'),
      /^it decided twice: done\("a"\) at #\d+, then done\("a"\) at #\d+$/,
    ],
    ['a process never ends', always.endsOnce(), (run) => without(run, 'process_done'), /never ended, although the run has/],
    ['a child is left', always.noOrphans(), (run) => without(run, 'process_done'), /^the process \/buildAndReview#0 is still there/],
    [
      'an agent is left',
      always.noOrphans(),
      (run) => forged(run, run.entries, { standing: [{ name: 'builder', state: 'registered' }] }),
      /^the agent builder is still there/,
    ],
    [
      'a message goes to the dead',
      always.nothingSentToTheDead(),
      (run) => twice(run, 'message'),
      /^builder had ended at #\d+ and was sent #\d+$/,
    ],
    [
      'the runtime knows an agent that the log does not',
      always.projectionsAgree(),
      (run) => forged(run, run.entries, { standing: [{ name: 'ghost', state: 'registered' }] }),
      /the recording has the agents none, the runtime has ghost/,
    ],
    [
      'it takes too long',
      always.terminates('1s'),
      (run) => forged(run, run.entries, { durationMs: 1_001 }),
      /^it took 1\.001s of its time, more than 1s$/,
    ],
    ['it goes on for ever', always.terminates(), (run) => forged(run, run.entries, { outcome: 'endless' }), /^it goes on for ever/],
    ['it is stuck', always.notStuck(), (run) => forged(run, run.entries, { outcome: 'stuck' }), /nothing left can wake it$/],
  ])('is broken when %s', async ([, invariant, forge, why]) => {
    expect(await answerOf(invariant, forge(await whole()))).toMatch(why)
  })

  test('says nothing of a run that was cut off, and makes room for timers that were late', async () => {
    const run = await whole()
    expect(await answerOf(always.terminates(), forged(run, run.entries, { outcome: 'stuck', wasCutOff: true }))).toBeNull()
    const late = { step: { timer: 1, lateMs: 60_000 }, atMs: 0, call: null, seq: null }
    expect(await answerOf(always.terminates('1s'), forged(run, run.entries, { durationMs: 50_000, happened: [late] }))).toBeNull()
  })
})

describe('a run answers questions', () => {
  test('by field, by a function, by agent and tool', async () => {
    const run = await whole()
    expect(run.count('message', { to: 'builder' })).toBe(1)
    expect(run.count('tool_call', { agent: 'reviewer', tool: 'approve' })).toBe(1)
    expect(run.count('tool_call', ({ tool }) => tool === 'submit')).toBe(1)
    expect(run.count('tool_call', { params: { code: 'a' } })).toBe(2)
    expect(run.first('done')?.data).toEqual({ value: 'a' })
    expect(run.last('agent_exited', { agent: 'nobody' })).toBeUndefined()
    expect(run.messages('reviewer')).toEqual([expect.stringContaining('Review:\na')])
    expect(run.calls({ agent: 'builder' })).toMatchObject([
      { tool: 'submit', params: { code: 'a' }, result: 'Sent to review. Wait for the answer.' },
    ])
  })
})
