import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { type Found, planGc } from '../../src/log/gc-plan.ts'

const found = fc.record({
  run: fc.string(),
  bytes: fc.nat(),
  lastMs: fc.oneof(fc.integer(), fc.constant(Number.NaN), fc.constant(Infinity)),
  how: fc.constantFrom('completed', 'failed', 'cancelled', 'timed_out', 'orphaned', 'unreadable'),
  live: fc.constantFrom(true, false, null),
  process: fc.constant(null),
}) as fc.Arbitrary<Found>
const rules = fc.record({ beforeMs: fc.integer(), keepFailed: fc.boolean() })

property.prop([fc.array(found), rules])(
  'every run is kept or removed, once, and what is removed is surely dead, old and not to be kept',
  (runs, rule) => {
    const { remove, kept } = planGc(runs, rule)
    expect(remove.length + kept.length).toBe(runs.length)
    for (const each of remove) {
      expect(each.live).toBe(false)
      expect(each.lastMs).toBeLessThan(rule.beforeMs)
      if (rule.keepFailed) expect(['completed', 'cancelled']).toContain(each.how)
    }
  },
)

property.prop([fc.array(found), rules, fc.nat()])('a longer time removes nothing more', (runs, rule, longer) => {
  const [less, more] = [planGc(runs, { ...rule, beforeMs: rule.beforeMs - longer }), planGc(runs, rule)]
  for (const each of less.remove) expect(more.remove).toContain(each)
})

test('why a run stays is the first thing that holds', () => {
  const run = (more: Partial<Found>): Found => ({ run: 'r', bytes: 1, lastMs: 0, how: 'failed', live: false, process: null, ...more })
  const { kept, remove } = planGc([run({ live: true }), run({ live: null }), run({ lastMs: 10 }), run({}), run({ how: 'completed' })], {
    beforeMs: 10,
    keepFailed: true,
  })
  expect(kept.map(({ why }) => why)).toEqual(['live', 'unknown writer', 'young', 'failed'])
  expect(remove).toHaveLength(1)
})
