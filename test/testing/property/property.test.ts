import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { agent, agentProcess, done, wait } from 'ramure'
import { replay } from 'ramure/replay'
import { always, PropertyFailed, property, type SimulatedRun, script, simulate } from 'ramure/testing'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { buildAndReview } from '../../../examples/build-and-review.ts'
import { jsonlStore } from '../../../src/log/jsonl.ts'
import { chargesTwice, waitsForEver } from './seeded-bugs.ts'
import { takesEverything } from './takes-everything.ts'

let home = ''
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'ramure-property-'))
  vi.stubEnv('RAMURE_HOME', home)
})
afterEach(() => rm(home, { recursive: true, force: true }))

const NUMBER = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] } as const

/** Gives back what its agent says, and is wrong about one range of numbers. */
const doubles = agentProcess('doubles', async (limit: number) => {
  const worker = await agent('worker')
  worker.on<{ n: number }>('say', { input: NUMBER }, ({ n }) => {
    done(n > limit ? 0 : n * 2)
    return 'noted'
  })
  await worker.send('Say a number.')
  return wait<number>()
})

const TERM = { type: 'object', properties: { term: { type: 'string', minLength: 1 } }, required: ['term'] } as const

/** Takes terms until time is up. */
const lists = agentProcess(
  'lists',
  async () => {
    const worker = await agent('worker')
    worker.on('add', { input: TERM }, () => 'noted')
    await worker.send('Say your terms.')
    return wait()
  },
  { timeoutMs: 60_000 },
)

async function failureOf(checking: Promise<unknown>): Promise<PropertyFailed> {
  const failed = await checking.catch((error: unknown) => error)
  if (failed instanceof PropertyFailed) return failed
  throw failed instanceof Error ? failed : new Error('it holds')
}

const twice = () =>
  property(chargesTwice, [])
    .agents({ clerk: script.sequence('charge', 'close') })
    .faults('all')
    .with({ seed: 7, runs: 200 })
    .check((run) => run.count('emit', { event: 'charged' }) <= 1)

describe('a property', () => {
  test('holds of a program that can take everything', () => takesEverything(120))

  test('tries the same with the same seed, and something else with another', async () => {
    const tried = (seed: number) => property(buildAndReview, [fc.string()]).faults('all').with({ seed, runs: 20 }).check()
    expect(await tried(3)).toEqual(await tried(3))
    expect(await tried(4)).not.toEqual({ ...(await tried(3)), seed: 4 })
  })

  test('shrinks the arguments of the process and of the calls to what matters', async () => {
    const failed = await failureOf(
      property(doubles, [fc.integer({ min: 10, max: 900 })])
        .with({ seed: 2, runs: 300 })
        .check((run) => run.outcome !== 'completed' || run.result !== 0 || run.calls()[0]?.params === null),
    )
    expect(failed.counterexample.args).toEqual([10])
    expect(failed.counterexample.schedule).toEqual([{ agent: 'worker', call: 'say', params: { n: 0 } }])
  })

  test('finds the smallest number that goes wrong', async () => {
    const failed = await failureOf(
      property(doubles, [40])
        .with({ seed: 2, runs: 300 })
        .check((run) => run.calls().every(({ params }) => run.result === (params as { n: number }).n * 2)),
    )
    expect(failed.counterexample.schedule).toEqual([{ agent: 'worker', call: 'say', params: { n: 41 } }])
  })

  test('knows the type of what the process returns', async () => {
    const tried = await property(doubles, [40])
      .with({ runs: 5 })
      .check((run) => run.outcome !== 'completed' || run.value().toFixed(0) !== '')
    expect(tried.schedules).toBe(5)
  })

  test('shrinks arguments to nothing that the tool forbids, for that is another mistake', async () => {
    const failed = await failureOf(
      property(lists, [])
        .agents({ worker: script.sequence('add', 'add') })
        .check((run) => run.calls().length < 2),
    )
    expect(failed.counterexample.run.calls().map(({ params }) => params)).toEqual([{ term: 'a' }, { term: 'a' }])
  })

  test('shrinks towards what was found, not towards another mistake', async () => {
    const said = (run: SimulatedRun) => (run.calls()[0]?.params as { n: number } | undefined)?.n ?? 0
    const isNotLarge = (run: SimulatedRun) => said(run) <= 500
    const failed = await failureOf(
      property(doubles, [40])
        .with({ seed: 2, runs: 300, keep: false })
        .check(isNotLarge, (run) => said(run) > 500 || said(run) < 3),
    )
    expect(failed.counterexample).toMatchObject({ invariant: 'isNotLarge', schedule: [{ params: { n: 501 } }] })
  })

  test('says in its report what to do next, and keeps the run that proves it', async () => {
    const failed = await failureOf(twice())
    const { kept, path } = failed.counterexample
    expect(failed.message.split('\n').map((line) => line.replace(kept ?? '', 'RUN').replace(/\s+seeded-bugs\.ts:\d+/, ''))).toEqual([
      '✗ chargesTwice: (run) => run.count("emit", { event: "charged" }) <= 1',
      expect.stringMatching(/^ {2}\d+ of 200 schedules, \S+ virtual {3}shrunk \d+ → 2 steps {3}seed 7 {2}path [\d:]+$/),
      '    1 clerk.charge { amount: 1 }                       → "charged"',
      '    2 clerk.charge { amount: 1 }  the same call again  → "charged"',
      '  it does not hold: the answer was false',
      expect.stringMatching(/^ {2}ended timed_out: Process 'chargesTwice' did not finish within 3600000 ms\. after 1h$/),
      '  saved as run RUN  →  ramure replay RUN · ramure status RUN'.replaceAll('RUN', kept ?? '').replace(kept ?? '', 'RUN'),
      `  keep it as a test  →  ramure export-test RUN`,
      `  rerun only this    →  RAMURE_SEED=7 RAMURE_PATH=${path} npx vitest run property.test.ts`,
    ])
    expect(failed.stack).toContain('property.test.ts')
    const store = jsonlStore(join(home, 'logs'))
    expect((await store.list()).map(({ run }) => run)).toEqual([kept])
    expect(await replay(chargesTwice, kept ?? '')).toMatchObject({
      verdict: 'identical',
      program: expect.stringMatching(/seeded-bugs\.ts$/),
    })
  })

  test('comes to the same bytes again by seed and path, and by the whole search', async () => {
    const first = await failureOf(twice())
    const second = await failureOf(twice())
    expect(second.message).toBe(first.message)
    expect(second.counterexample.run.entries).toEqual(first.counterexample.run.entries)
    vi.stubEnv('RAMURE_SEED', '7')
    vi.stubEnv('RAMURE_PATH', first.counterexample.path)
    const followed = await failureOf(
      property(chargesTwice, [])
        .agents({ clerk: script.sequence('charge', 'close') })
        .faults('all')
        .check((run) => run.count('emit', { event: 'charged' }) <= 1),
    )
    expect(followed.counterexample.run.entries).toEqual(first.counterexample.run.entries)
    expect(followed.counterexample).toMatchObject({ path: first.counterexample.path, kept: first.counterexample.kept })
  })

  test('passes by seed and path once the program is mended', async () => {
    vi.stubEnv('RAMURE_SEED', '7')
    vi.stubEnv('RAMURE_PATH', '3:1:2')
    const explored = await property(buildAndReview, ['fizzbuzz']).check()
    expect(explored.schedules).toBe(1)
  })

  test('gives a schedule that simulate() plays again', async () => {
    const { counterexample } = await failureOf(twice())
    const { schedule, run } = counterexample
    const again = await simulate(chargesTwice, [], { schedule, seed: run.seed })
    expect(again.entries).toEqual(run.entries)
    expect(again.schedule).toEqual(schedule)
  })

  test('gives its counterexample as a test', async () => {
    const { counterexample } = await failureOf(property(waitsForEver, []).faults({ silence: true }).check(always.terminates('2h')))
    expect(counterexample.testText).toMatch(/^import \{ waitsForEver \} from '\/.*\/seeded-bugs\.ts'$/m)
    expect(counterexample.testText).toContain(`assert.equal(await always.terminates("2h").check(run), null)`)
  })

  test('asks with whatever throws', async () => {
    const failed = await failureOf(
      property(doubles, [40])
        .with({ seed: 1, runs: 5 })
        .check((run) => expect(run.result).toBe('a text')),
    )
    expect(failed.message).toContain('to be')
    expect(failed.counterexample.invariant).toMatch(/^\(run\) => expect\(run\.result\)\.toBe\(['"]a text['"]\)$/)
    const { testText } = failed.counterexample
    expect(testText).toContain("import { expect, test } from 'vitest'")
    expect(testText).toMatch(/const holds: \(it: typeof run\) => unknown = \(run\) => expect\(run\.result\)\.toBe\(["']a text["']\)/)
  })

  test('keeps nothing when it is told so', async () => {
    const failed = await failureOf(
      property(doubles, [40])
        .with({ seed: 1, runs: 5, keep: false })
        .check(() => false),
    )
    expect(failed.counterexample.kept).toBeNull()
    expect(failed.message).not.toContain('saved as')
  })
})

describe('a property that tests nothing', () => {
  test.for([[{ wroker: script.any() }, /no schedule had an agent 'wroker'; there were worker\.$/]] as const)(
    'is refused: %j',
    async ([agents, message]) => {
      await expect(property(doubles, [40]).agents(agents).with({ runs: 5 }).check()).rejects.toMatchObject({
        code: 'ERR_PROPERTY_VACUOUS',
        message: expect.stringMatching(message),
      })
    },
  )

  test('says so beside what it found, when it found something all the same', async () => {
    const failed = await failureOf(
      property(doubles, [40])
        .agents({ worker: script.any('sya') })
        .with({ runs: 5, keep: false })
        .check(),
    )
    expect(failed.message).toContain("perhaps 'worker' was never given the tool 'sya' that its script names; it was given say")
  })

  test('is refused before it starts when it is not written as it should be', async () => {
    expect(() => property(doubles, [40]).faults({ crahs: true } as never)).toThrow(/There is no fault 'crahs'/)
    expect(() => property((() => {}) as never, [])).toThrow(TypeError)
    expect(() => always.terminates('soon')).toThrow(/"soon" is no span of time/)
    expect(() => script.weighted([0, 'say'])).toThrow(/above 0/)
    await expect(property(doubles, [40]).with({ path: 'a:b' }).check()).rejects.toMatchObject({ code: 'ERR_PROPERTY_OPTION' })
  })
})
