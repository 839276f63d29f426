import { always, type Check, type Property, PropertyFailed, property, script } from 'ramure/testing'
import { describe, expect, test } from 'vitest'
import * as bugs from './seeded-bugs.ts'

/** What the kit tells of the smallest run it finds within 200 schedules: its numbered lines, and why. */
async function found(tested: Property, ...checks: Check[]) {
  const failed = await tested
    .with({ seed: 7, runs: 200, keep: false })
    .check(...checks)
    .catch((error: unknown) => error)
  if (!(failed instanceof PropertyFailed))
    throw failed instanceof Error ? failed : new Error(`nothing was found: ${JSON.stringify(failed)}`)
  const lines = failed.message.split('\n').filter((line) => /^ {3,5}\d+ |^ {4}nobody/.test(line))
  const story = lines.map((line) =>
    line
      .trim()
      .replaceAll(/ {2,}(\S+:\d+)?/g, ' | ')
      .replace(/ \| $/, ''),
  )
  return { story, why: failed.counterexample.why, report: failed.message }
}

describe('the kit finds the bug and tells it in as few steps as a person would', () => {
  test('a duplicate is counted: one reviewer approves for two', async () => {
    const both: Check = (run) => run.outcome !== 'completed' || new Set(run.calls({ tool: 'approve' }).map(({ agent }) => agent)).size === 2
    const once = script.sequence('approve')
    const { story } = await found(
      property(bugs.countsApprovals, []).agents({ alice: once, bob: once }).faults({ duplicateCall: true }),
      both,
    )
    expect(story).toEqual(['1 bob.approve {} | → "noted"', '2 bob.approve {} | the same call again | → "noted"'])
  })

  test('a call that is made again has its effect again', async () => {
    const once: Check = (run) => run.count('emit', { event: 'charged' }) <= 1
    const clerk = script.sequence('charge', 'close')
    const { story } = await found(property(bugs.chargesTwice, []).agents({ clerk }).faults('all'), once)
    expect(story).toEqual([
      '1 clerk.charge { amount: 1 } | → "charged"',
      '2 clerk.charge { amount: 1 } | the same call again | → "charged"',
    ])
  })

  test('silence is waited for without a limit', async () => {
    const { story, why } = await found(property(bugs.waitsForEver, []).faults({ silence: true }), always.terminates())
    expect(story).toEqual(['nobody does anything'])
    expect(why).toMatch(/^waitsForEver waits for done\(\) or fail\(\) at seeded-bugs\.ts:\d+, and nothing left can wake it$/)
  })

  test('a crash goes unnoticed', async () => {
    const { story, why } = await found(property(bugs.ignoresCrash, []).faults({ crash: true }), always.terminates())
    expect(story).toEqual(['1 helper crashes'])
    expect(why).toMatch(/^ignoresCrash waits for done\(\) or fail\(\) at seeded-bugs\.ts:\d+/)
  })

  test('whoever is first wins, and nobody has decided who that is', async () => {
    const { story, why, report } = await found(property(bugs.firstWins, []), always.orderDoesNotMatter())
    expect(story).toEqual(['1 careful.answer {} | → "thank you"'])
    expect(why).toContain('quick had been asked as well, and whoever is first decides the end')
    expect(report).toContain('with quick first:')
  })

  test('two calls that do not know of each other decide by their order', async () => {
    const { story, why } = await found(property(bugs.decidesTwice, []), always.orderDoesNotMatter())
    expect(story.length).toBeLessThanOrEqual(4)
    expect(why).toContain('objected')
    expect(why).toContain('agreed')
  })

  test('a command that failed is taken for one that succeeded', async () => {
    const green: Check = (run) =>
      run.count('emit', { event: 'released' }) === 0 || run.count('exec_result', { exit_code: 0 }) === run.count('exec_result')
    const { story } = await found(property(bugs.trustsCommands, []).faults({ exec: true }), green)
    expect(story).toEqual(['1 builder.release {} | → "released"', '2 "npm test" fails'])
  })

  test('a command that hangs is waited for', async () => {
    const { story, why } = await found(property(bugs.waitsForCommands, []).faults({ exec: true }), always.terminates('10m'))
    expect(story).toEqual(['1 "npm test" never answers'])
    expect(why).toMatch(/^waitsForCommands waits for the command npm at seeded-bugs\.ts:\d+/)
  })

  test('a message goes to an agent that has ended', async () => {
    const { story, why } = await found(property(bugs.remindsTheDead, []), always.nothingSentToTheDead())
    expect(story.slice(0, 2)).toEqual(['1 worker.finish {} | → "thank you"', "2 boss.remind {} | ✗ send(): agent 'worker' has ended."])
    expect(story.length).toBeLessThanOrEqual(3)
    expect(why).toMatch(/^a message to worker, which had ended at #\d+, was tried at #\d+$/)
  })

  test('state outside of the process does not replay', async () => {
    const { story, why } = await found(property(bugs.countsOutside, []))
    expect(story).toEqual(['1 clerk.order {} | → "ordered"'])
    expect(why).toMatch(/value was "order \d+", now "order \d+" at seeded-bugs\.ts:\d+$/)
  })

  test('a timer that is late makes it fail', async () => {
    const inTime: Check = (run) => run.outcome === 'completed'
    const { story } = await found(property(bugs.trustsTimers, []).faults({ timers: true }), inTime)
    expect(story).toEqual(['1 the timer sleep:0 is 1m late'])
  })

  test('a worker that was away for a moment is forgotten', async () => {
    const worker = script.sequence('finish')
    const { story } = await found(property(bugs.forgetsTheAbsent, []).agents({ worker }).faults({ disconnect: true }), always.terminates())
    expect(story).toEqual(['1 worker loses its connection for 1ms', '2 worker.finish {} | 1ms later | → "who are you?"'])
  })

  test('a step that does not answer is waited for', async () => {
    const { story, why } = await found(property(bugs.trustsSteps, []).faults({ steps: true }), always.terminates('10m'))
    expect(story).toEqual(['1 the step "next version" never answers'])
    expect(why).toMatch(/^trustsSteps waits for step next version at seeded-bugs\.ts:\d+, and nothing left can wake it$/)
  })

  test('a step that failed is taken for one that succeeded', async () => {
    const said: Check = (run) =>
      run.count('emit', { event: 'published' }) === 0 || run.all('step_result').every(({ data }) => 'value' in data)
    const { story } = await found(property(bugs.swallowsSteps, []).faults({ steps: true }), said)
    expect(story).toEqual(['1 the step "publish" fails'])
  })

  test('what is asked from outside is begun twice', async () => {
    const once: Check = (run) => {
      const orders = run.all('emit', { event: 'ordered' }).map(({ data }) => data.data)
      return new Set(orders).size === orders.length
    }
    const { story } = await found(property(bugs.takesOrdersTwice, []).agents({ cook: script.silent }).faults({ endpointCalls: true }), once)
    expect(story).toEqual(['1 somebody calls order { order: 1 } | → "number 1"', '2 somebody calls order { order: 1 } | → "number 1"'])
  })

  test('a call from outside does not matter where the bug is elsewhere', async () => {
    const nothing: Check = (run) => run.outcome !== 'completed'
    const { story } = await found(property(bugs.takesOrdersTwice, []).faults('all'), nothing)
    expect(story).toEqual(['1 cook.serve { order: 1 } | → "served"'])
  })

  test('a wake-up is lost between the look and the sleep', async () => {
    const { story, why } = await found(property(bugs.losesTheWakeUp, []).agents({ producer: script.sequence('put') }), always.terminates())
    expect(story).toEqual(['1 producer.put { text: "" } | → "queued"', '2 "git fetch" takes 1ms'])
    expect(why).toContain('nothing left can wake it')
  })

  test('a call is never answered', async () => {
    const { story, why } = await found(
      property(bugs.leavesOneUnanswered, []).agents({ left: script.sequence('meet'), right: script.silent }),
      always.everyCallAnsweredOnce(),
    )
    expect(story).toEqual(['1 left.meet {} | → no answer'])
    expect(why).toMatch(/^left\.meet \(#\d+\) was never answered$/)
  })

  test('what is said before it is known stays in the log of a run that was killed', async () => {
    const paid: Check = (run) => run.count('emit', { event: 'paid' }) <= run.count('exec_result', { exit_code: 0 })
    const { story } = await found(property(bugs.saysBeforeItKnows, []).faults({ killAt: true }), paid)
    expect(story).toEqual([expect.stringMatching(/^1 the runtime is killed after entry \d+ \| a emit$/)])
  })
})
