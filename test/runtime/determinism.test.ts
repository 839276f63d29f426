import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Entry } from '../../src/log/events.ts'
import { rerun } from '../../src/replay/rerun.ts'
import { definitionOf, type Op, program } from './random-program.ts'
import { recordSimulated } from './simulated-world.ts'

const ROUNDS = Number(process.env.RAMURE_ROUNDS ?? 150)

describe('a random concurrent program', () => {
  test('reruns on its own recording with identical outputs, per scope', { timeout: 600_000 }, async () => {
    let outputs = 0
    await fc.assert(
      fc.asyncProperty(program, fc.nat(), async (ops, seed) => {
        const { entries } = await recordSimulated(definitionOf(ops), { seed })
        const again = await rerun(definitionOf(ops), entries, { lenient: true })
        expect(again.differences).toEqual([])
        expect(again.matchedCount).toBe(again.outputCount)
        expect(again.ended).toBe(true)
        outputs += again.outputCount
      }),
      { numRuns: ROUNDS },
    )
    expect(outputs).toBeGreaterThan(ROUNDS)
  })

  test('replays differently when inputs are handed over one microtask or ten apart', async () => {
    const differing = { oneMicrotask: 0, tenMicrotasks: 0, turn: 0 }
    for (let seed = 0; seed < 20; seed += 1) {
      const definition = definitionOf(CROWD)
      differing.oneMicrotask += await differs(definition, seed, () => Promise.resolve())
      differing.tenMicrotasks += await differs(definition, seed, tenMicrotasks)
      differing.turn += await differs(definition, seed, undefined)
    }
    expect(differing.turn).toBe(0)
    expect(differing.tenMicrotasks).toBeGreaterThan(0)
    expect(differing.oneMicrotask).toBeGreaterThan(0)
  })
})

/** Arms that need different numbers of microtasks between two inputs: who comes first depends on when inputs come. */
const CROWD: readonly Op[] = [
  {
    do: 'all',
    arms: [1, 2, 3].map(
      (n) =>
        [
          { do: 'sleep', n },
          { do: 'microtasks', n },
          { do: 'sleep', n: 1 },
          { do: 'microtasks', n: 7 - n },
          { do: 'emit', n },
        ] as const,
    ),
  },
]

async function differs(definition: Parameters<typeof rerun>[0], seed: number, rest: (() => Promise<void>) | undefined): Promise<number> {
  const { entries } = await recordSimulated(definition, { seed, ...(rest && { rest }) })
  const { differences } = await rerun(definition, entries as Entry[], { lenient: true })
  return differences.length > 0 ? 1 : 0
}

async function tenMicrotasks(): Promise<void> {
  for (let k = 0; k < 10; k += 1) await null
}
