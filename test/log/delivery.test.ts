import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { delivery } from '../../src/log/delivery.ts'
import type { Entry } from '../../src/log/events.ts'

const entry = (seq: number) => ({ seq }) as Entry

property.prop([fc.array(fc.oneof({ arbitrary: fc.constant('add' as const), weight: 3 }, { arbitrary: fc.nat(40), weight: 1 }))])(
  'what was added is told in order, once, as far as it may be, to every listener',
  (steps) => {
    const waiting = delivery()
    const told: number[][] = [[], []]
    for (const list of told) waiting.listen((entries) => void list.push(...entries.map(({ seq }) => seq)))
    let added = 0
    let allowed = 0
    for (const step of steps) {
      if (step === 'add') waiting.add(entry((added += 1)), 1)
      else waiting.tell((allowed = Math.max(allowed, Math.min(step, added))))
      for (const list of told) expect(list).toStrictEqual(Array.from({ length: allowed }, (_, index) => index + 1))
      expect(waiting.fill()).toBeCloseTo((added - allowed) / 4096)
    }
  },
)

test('it is full with 4,096 entries, or with 4 Mi characters, and not any more when they were told', () => {
  const many = delivery()
  for (let seq = 1; seq <= 4096; seq += 1) {
    expect(many.fill()).toBeLessThan(1)
    many.add(entry(seq), 10)
  }
  expect(many.fill()).toBe(1)
  many.tell(4095)
  expect(many.fill()).toBeCloseTo(1 / 4096)
  const large = delivery()
  large.add(entry(1), 3 * 1024 * 1024)
  large.add(entry(2), 1024 * 1024)
  expect(large.fill()).toBe(1)
  large.tell(1)
  expect(large.fill()).toBe(0.25)
})

test('what a listener causes to be told is told after what is being told', () => {
  const waiting = delivery()
  const told: string[] = []
  waiting.listen((entries) => {
    told.push(`first ${entries.map(({ seq }) => seq)}`)
    if (entries[0]?.seq !== 1) return
    waiting.add(entry(3), 1)
    waiting.tell(3)
  })
  waiting.listen((entries) => told.push(`second ${entries.map(({ seq }) => seq)}`))
  waiting.add(entry(1), 1)
  waiting.add(entry(2), 1)
  waiting.tell(2)
  expect(told).toEqual(['first 1,2', 'second 1,2', 'first 3', 'second 3'])
})
