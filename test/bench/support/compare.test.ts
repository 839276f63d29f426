import { describe, expect, test } from 'vitest'
import type { Figure } from '../../../bench/support/bench.ts'
import { compare, compareLines } from '../../../bench/support/compare.ts'
import type { Machine, Report } from '../../../bench/support/report.ts'

const MACHINE: Machine = {
  commit: 'aaaa',
  node: 'v24.0.0',
  cpu: 'a cpu',
  cores: 2,
  platform: 'linux x64',
  date: '2026-11-21T06:00:00.000Z',
}

function report(figures: readonly Figure[], machine: Partial<Machine> = {}): Report {
  return {
    machine: { ...MACHINE, ...machine },
    small: false,
    benches: [{ name: 'wire', seconds: 1, load: [1, 1], figures, verdicts: [] }],
  }
}

const rate = (...rounds: number[]): Figure => ({ name: 'calls', unit: 'per second', rounds })
const latency = (...rounds: number[]): Figure => ({ name: 'p50', unit: 'us', rounds })

function verdicts(before: readonly Figure[], after: readonly Figure[]): readonly string[] {
  return compare(report(before), report(after)).map(({ verdict }) => verdict)
}

describe('a figure', () => {
  test('moved when no round of one side reaches the other; higher is better for rates only', () => {
    expect(verdicts([rate(1, 2, 3, 4)], [rate(5, 6, 7, 8)])).toEqual(['better'])
    expect(verdicts([rate(5, 6, 7, 8)], [rate(1, 2, 3, 4)])).toEqual(['worse'])
    expect(verdicts([latency(1, 2, 3, 4)], [latency(5, 6, 7, 8)])).toEqual(['worse'])
    expect(verdicts([latency(5, 6, 7, 8)], [latency(1, 2, 3, 4)])).toEqual(['better'])
  })

  test('whose rounds overlap is within the noise, however far the medians are apart', () => {
    expect(verdicts([rate(1, 1, 1, 100)], [rate(90, 95, 99, 200)])).toEqual(['within the noise'])
    expect(verdicts([rate(1, 2, 3, 4)], [rate(4, 5, 6, 7)])).toEqual(['within the noise'])
  })

  test('of too few rounds says nothing', () => {
    expect(verdicts([rate(1, 1, 1)], [rate(9, 9, 9, 9)])).toEqual(['too few rounds'])
  })

  test('with a floor is judged by the ratio: a machine twice as fast moves nothing', () => {
    const ours = (...rounds: number[]): Figure => ({ ...rate(...rounds), floor: 'echo' })
    const echo = (...rounds: number[]): Figure => ({ ...rate(...rounds), name: 'echo' })
    const [moved] = compare(report([ours(1, 2, 3, 4), echo(2, 4, 6, 8)]), report([ours(10, 20, 30, 40), echo(20, 40, 60, 80)]))
    expect(moved).toMatchObject({ verdict: 'within the noise', change: 10, changeOfRatio: 1 })
  })

  test('that only one report has is new or gone', () => {
    expect(verdicts([rate(1)], [latency(1)])).toEqual(['new', 'gone'])
    expect(compare({ ...report([]), benches: [] }, report([rate(1)])).map(({ verdict }) => verdict)).toEqual(['new'])
  })
})

test('the comparison reads as a table that marks what moved and says where it was measured', () => {
  const before = report([rate(10_000, 11_000, 12_000, 13_000), latency(10, 11, 12, 13)])
  const after = report([rate(30_000, 31_000, 32_000, 33_000), latency(10, 11, 12, 13)], { commit: 'bbbb', node: 'v26.0.0' })
  expect(compareLines(before, after)).toEqual([
    'bench  figure  before   after  change  of the ratio',
    'wire   calls   12 k/s  32 k/s  × 2.67                ← better',
    'wire   p50      12 us   12 us     × 1                within the noise',
    '',
    'aaaa (2026-11-21T06:00Z) beside bbbb (2026-11-21T06:00Z): 1 better, 0 worse, 1 within the spread of their rounds.',
    'Not the same machine: node v24.0.0 and v26.0.0. Only the ratios can be compared.',
  ])
})

test('what cannot be told is not counted as unmoved', () => {
  const few = compareLines(report([rate(1, 1, 1), latency(1)]), report([rate(9, 9, 9)]))
  expect(few.at(-1)).toMatch(
    /: 0 better, 0 worse, 0 within the spread of their rounds, 1 of too few rounds to tell, 1 in one of them only\.$/,
  )
})
