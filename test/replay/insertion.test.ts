import { fc, test } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import { rerun } from '../../src/replay/rerun.ts'
import { sleep, step } from '../../src/runtime/effects.ts'
import type { Definition } from '../../src/runtime/lifecycle.ts'
import { agentProcess, emit, spawn } from '../../src/runtime/process.ts'
import { recordSimulated } from '../runtime/simulated-world.ts'

const CHILDREN = 8

/** What each child does, one after the other. Names are few, so that a wrong call would often fit. */
const call = fc.record({ kind: fc.constantFrom('step' as const, 'sleep' as const, 'emit' as const), name: fc.constantFrom('a', 'b', 'c') })
type Call = typeof call extends fc.Arbitrary<infer T> ? T : never

const program = fc.record({
  children: fc.array(fc.array(call, { minLength: 1, maxLength: 5 }), { minLength: CHILDREN, maxLength: CHILDREN }),
  edited: fc.nat(CHILDREN - 1),
  at: fc.nat(5),
  inserted: call,
  seed: fc.nat(),
})

describe('one inserted call among eight concurrent children', () => {
  test.prop([program], { numRuns: 300 })(
    'accuses only its own child and hands no result to a wrong call',
    async ({ children, edited, at, inserted, seed }) => {
      const results: string[] = []
      const recorded = await recordSimulated(main(children, results), { seed })
      const wrong: string[] = []
      const now = children.map((calls, index) => (index === edited ? calls.toSpliced(Math.min(at, calls.length), 0, inserted) : calls))
      const again = await rerun(main(now, wrong), recorded.entries, { lenient: true })
      // A child that waits for the answer to its new call keeps its parent from ending.
      const accused = again.differences.filter(({ scope, recorded }) => !(scope === '/main#0' && recorded?.type === 'process_done'))
      for (const { scope } of accused) expect(scope).toBe(`/main#0/child#${edited}`)
      expect(accused.length).toBeGreaterThan(0)
      // A result names the child, the kind and the name of the call that it was recorded for.
      for (const result of [...results, ...wrong]) expect(result).toMatch(/^(\d [abc]) got \1$/)
    },
  )
})

function main(children: readonly (readonly Call[])[], results: string[]): Definition {
  const child = agentProcess('child', async (index: number) => {
    for (const each of children[index] ?? []) await perform(index, each, results)
  })
  const fn = async () => {
    await Promise.all(children.map((_, index) => spawn(child, index).result))
  }
  return { name: 'main', fn, image: undefined, timeoutMs: undefined }
}

async function perform(index: number, { kind, name }: Call, results: string[]): Promise<void> {
  if (kind === 'emit') return void emit(name, index)
  if (kind === 'sleep') return sleep(name.charCodeAt(0) - 90)
  results.push(`${index} ${name} got ${await step(name, () => `${index} ${name}`)}`)
}
