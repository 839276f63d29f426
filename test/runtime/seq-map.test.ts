import { test } from '@fast-check/vitest'
import fc from 'fast-check'
import { expect } from 'vitest'
import { createSeqMap } from '../../src/runtime/seq-map.ts'

const seqs = fc.integer({ min: -5, max: 20 })
const acts = fc.array(fc.oneof(fc.record({ set: seqs, to: fc.integer() }), fc.record({ delete: seqs })))

test.prop([acts])('a map by seq holds what a Map holds, the oldest question first', (all) => {
  const [ours, model] = [createSeqMap<number>(), new Map<number, number>()]
  for (const act of all) {
    if ('set' in act) {
      ours.set(act.set, act.to)
      model.set(act.set, act.to)
    } else expect(ours.delete(act.delete)).toBe(model.delete(act.delete))
    expect(ours.size).toBe(model.size)
  }
  for (let seq = -5; seq <= 20; seq += 1) expect(ours.get(seq)).toBe(model.get(seq))
  const positive = [...model].filter(([seq]) => seq >= 0).sort(([a], [b]) => a - b)
  expect(ours.values().slice(0, positive.length)).toEqual(positive.map(([, value]) => value))
  expect(ours.values()).toHaveLength(model.size)
})
