import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Entry } from '../../src/log/events.ts'
import { rerun } from '../../src/replay/rerun.ts'
import type { Definition } from '../../src/runtime/lifecycle.ts'
import { definitionOf, KINDS, type Op, program } from './random-program.ts'
import { recordSimulated } from './simulated-world.ts'

const ROUNDS = Number(process.env.RAMURE_ROUNDS ?? 2_000)

test(`${ROUNDS} random concurrent programs rerun identically`, { timeout: 3_600_000 }, async () => {
  let [runs, outputs] = [0, 0]
  const [done, seen] = [new Set<string>(), new Set<string>()]
  const startedMs = Date.now()
  await fc.assert(
    fc.asyncProperty(program, fc.nat(), async (ops, seed) => {
      const { entries } = await recordSimulated(definitionOf(ops), { seed })
      const again = await rerun(definitionOf(ops), entries)
      expect(again.differences).toEqual([])
      expect(again.matchedCount).toBe(again.outputCount)
      expect(again.ended).toBe(true)
      for (const kind of JSON.stringify(ops).matchAll(/"do":"(\w+)"/g)) done.add(kind[1] ?? '')
      for (const { type } of entries) seen.add(type)
      runs += 1
      outputs += again.outputCount
      if (runs % 250 === 0)
        process.stderr.write(`${runs}/${ROUNDS} programs, ${outputs} outputs, 0 differ, ${Math.round((Date.now() - startedMs) / 1000)} s\n`)
    }),
    { numRuns: ROUNDS },
  )
  expect(runs).toBe(ROUNDS)
  process.stderr.write(`${done.size} kinds of things to do, ${seen.size} types of entries: ${[...seen].sort().join(' ')}\n`)
  if (ROUNDS >= 500) expect([...done].sort()).toEqual([...KINDS].sort())
})

/** The same 500 programs with the same worlds, whatever the seed of the day: the numbers may be compared over time. */
test('of 500 fixed programs none differs with a whole turn between two inputs; many do with less', { timeout: 3_600_000 }, async () => {
  const programs = fc.sample(fc.tuple(crowd, fc.nat()), { numRuns: 500, seed: 20_261_121 })
  const differing = { oneMicrotask: 0, tenMicrotasks: 0, turn: 0 }
  for (const [ops, seed] of programs) {
    const definition = definitionOf(ops)
    differing.oneMicrotask += await differs(definition, seed, () => Promise.resolve())
    differing.tenMicrotasks += await differs(definition, seed, tenMicrotasks)
    differing.turn += await differs(definition, seed, undefined)
  }
  process.stderr.write(
    `of ${programs.length} programs differ: ${differing.oneMicrotask} one microtask apart, ${differing.tenMicrotasks} ten, ${differing.turn} one turn apart\n`,
  )
  expect(differing.turn).toBe(0)
  expect(differing.tenMicrotasks).toBeGreaterThan(50)
  expect(differing.oneMicrotask).toBeGreaterThan(50)
})

/** Arms that need different numbers of microtasks between their inputs: who is first depends on when inputs come. */
const crowd: fc.Arbitrary<readonly Op[]> = fc
  .array(
    fc.array(fc.record({ do: fc.constantFrom('sleep' as const, 'microtasks' as const, 'emit' as const, 'step' as const), n: fc.nat(7) }), {
      minLength: 2,
      maxLength: 6,
    }),
    {
      minLength: 2,
      maxLength: 5,
    },
  )
  .map((arms) => [{ do: 'all', arms }])

async function differs(definition: Definition, seed: number, rest: (() => Promise<void>) | undefined): Promise<number> {
  const { entries } = await recordSimulated(definition, { seed, ...(rest && { rest }) })
  const { differences } = await rerun(definition, entries as Entry[], { lenient: true })
  return differences.length > 0 ? 1 : 0
}

async function tenMicrotasks(): Promise<void> {
  for (let k = 0; k < 10; k += 1) await null
}
