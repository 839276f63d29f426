/** What could not be read of a run is not forgotten when what was folded is kept, and not told twice. */
import { expect, test } from 'vitest'
import type { Entry } from '../../src/log/events.ts'
import { type Folded, foldedFrom, foldItem, keptOf, nothingFolded } from '../../src/projections/folded.ts'

const HEAD = { time: '2026-11-21T09:41:07.123Z', by: 'world', scope: '/p#0', agent: 'a' } as const

/** A tool call without data: an edited log has that. */
const misfit = (seq: number) => ({ ...HEAD, seq, type: 'tool_call', data: null }) as unknown as Entry
const fits = (seq: number): Entry => ({ ...HEAD, seq, type: 'turn_start', data: {} })
const broken = (after: number, before: number | null) => ({ unreadable: { line: after + 1, after, before, reason: 'it is broken' } })

/** What is left of it by way of a snapshot. */
function again(folded: Folded): Folded {
  const kept = keptOf(folded)
  const found = foldedFrom({ ...kept, state: () => kept.state })
  if (found === null) throw new Error('It was kept by the same code.')
  return found
}

function folded(...items: Parameters<typeof foldItem>[1][]): Folded {
  const all = nothingFolded()
  for (const item of items) foldItem(all, item)
  return all
}

test('an entry whose data does not fit is remembered, also when it was the last one', () => {
  const found = folded(fits(1), misfit(2))
  expect(found.gaps).toMatchObject([{ after: 1, reason: 'the data does not fit tool_call' }])
  expect(again(found).gaps).toStrictEqual(found.gaps)
})

test('damage between entries is remembered, also when too much of it came at once to know its end', () => {
  const found = folded(fits(1), broken(1, null), broken(1, 3), fits(3))
  expect(again(found).gaps).toStrictEqual(found.gaps)
})

test('damage behind the last entry is left to whoever goes on from there, and meets it', () => {
  expect(again(folded(fits(1), broken(1, null))).gaps).toStrictEqual([])
  expect(again(folded(broken(0, null))).gaps).toStrictEqual([])
})
