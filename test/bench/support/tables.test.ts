import { expect, test } from 'vitest'
import type { Report } from '../../../bench/support/report.ts'
import { figureLines, promiseLines } from '../../../bench/support/tables.ts'

const REPORT: Report = {
  machine: { commit: 'abc', node: 'v24.21.0', cpu: 'AMD EPYC', cores: 2, platform: 'linux x64', date: '2026-11-21T06:00:00.000Z' },
  small: false,
  benches: [
    {
      name: 'wire',
      seconds: 3,
      load: [1.5, 2.25],
      figures: [],
      verdicts: [
        { what: 'tool calls', figure: '31.2 k/s', floor: '70.1 k/s', ratio: '0.45', target: '≥ 28.0 k/s', verdict: 'met' },
        { what: 'over ssh', figure: '—', floor: '—', ratio: '—', target: '≤ 5 ms', verdict: 'not measured', why: 'no second machine' },
      ],
    },
    { name: 'append', seconds: 0, load: [2, 2], figures: [], verdicts: [], failed: 'its process ended with code 1.' },
  ],
}

test('promises of all benches are one table; what is missing is said below it, with machine and load', () => {
  expect(promiseLines(REPORT)).toEqual([
    'bench  promise       figure     floor  ratio  target      verdict',
    'wire   tool calls  31.2 k/s  70.1 k/s   0.45  ≥ 28.0 k/s  met',
    'wire   over ssh           —         —      —  ≤ 5 ms      not measured',
    '',
    'wire, over ssh: no second machine.',
    'append failed: its process ended with code 1.',
    '2026-11-21T06:00Z, commit abc, Node v24.21.0, 2 cores of AMD EPYC, linux x64; load wire 1.50 to 2.25, append 2 to 2.',
  ])
})

test('figures of a bench are shown with their extremes, and beside their floor', () => {
  expect(
    figureLines([
      { name: 'calls', unit: 'per second', rounds: [10, 30, 20], floor: 'echo' },
      { name: 'echo', unit: 'per second', rounds: [20, 30, 80] },
    ]),
  ).toEqual(['figure  median  min .. max    beside its floor', 'calls     20/s  10/s .. 30/s  0.50 × echo', 'echo      30/s  20/s .. 80/s'])
})
