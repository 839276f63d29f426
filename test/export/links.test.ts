import { it as property } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { links } from '../../src/export/links.ts'
import type { Row } from '../../src/export/row.ts'
import { anyLog } from '../projections/arbitrary.ts'
import { reviewLog } from '../projections/review-log.ts'
import { rowsOf } from './rows.ts'

const [base] = rowsOf(reviewLog(1)) as [Row]
const row = (seq: number, cause = 0, closes = 0): Row => ({ ...base, seq, cause, closes })

function linked(rows: readonly Row[]) {
  const all = links()
  for (const each of rows) all.add(each)
  return all
}

describe('links', () => {
  it('lead back from cause to cause, and from a cause to its effects', () => {
    const all = linked([row(1), row(2, 1), row(3, 1), row(4, 2), row(5, 2, 4)])
    expect(all.causesOf(row(4, 2)).map(({ seq }) => seq)).toEqual([2, 1])
    expect(all.effectsOf(row(2)).map(({ seq }) => seq)).toEqual([4, 5])
    expect(all.effectsOf(row(4)).map(({ seq }) => seq)).toEqual([5])
  })

  it('go from an answer without a cause to what it answers', () => {
    expect(
      linked([row(1), row(2, 1), row(3, 0, 2)])
        .causesOf(row(3, 0, 2))
        .map(({ seq }) => seq),
    ).toEqual([2, 1])
  })

  it('end where a log names itself or the future as a cause', () => {
    const all = linked([row(1, 2), row(2, 1), row(3, 3)])
    expect([all.causesOf(row(1, 2)), all.causesOf(row(3, 3))]).toEqual([[], []])
  })

  it('find rows by number also where entries are missing', () => {
    const all = linked([row(4), row(5), row(9), row(12)])
    expect([4, 5, 6, 9, 12, 13, 0].map(all.indexOf)).toEqual([0, 1, -1, 2, 3, -1, -1])
  })

  property.prop([anyLog])('find every row of any log', (log) => {
    const rows = rowsOf(log)
    const all = linked(rows)
    for (const [index, each] of rows.entries()) expect(all.indexOf(each.seq)).toBe(index)
  })
})
