/** Reports as people read them. */
import { table } from '../../src/cli/table.ts'
import type { Figure } from './bench.ts'
import { digits, figureText, middle, ratios } from './figures.ts'
import type { BenchReport, Machine, Report } from './report.ts'

/** All figures of a bench: median, extremes, and the ratio to the floor. */
export function figureLines(figures: readonly Figure[]): readonly string[] {
  const rows = figures.map((figure) => {
    const each = ratios(figure, figures)
    return [
      figure.name,
      figureText(middle(figure.rounds), figure.unit),
      `${figureText(Math.min(...figure.rounds), figure.unit)} .. ${figureText(Math.max(...figure.rounds), figure.unit)}`,
      each === null || each.length === 0 ? '' : `${digits(middle(each))} × ${figure.floor}`,
    ]
  })
  return table([['figure', 'median', 'min .. max', 'beside its floor'], ...rows], [{}, { align: 'right' }, {}, {}], null)
}

/** The one table: each promise of each bench, kept or not. */
export function promiseLines({ benches, machine, small }: Report): readonly string[] {
  const rows = benches.flatMap(({ name, verdicts }) =>
    verdicts.map(({ what, figure, floor, ratio, target, verdict }) => [name, what, figure, floor, ratio, target, verdict]),
  )
  const right = { align: 'right' } as const
  const head = ['bench', 'promise', 'figure', 'floor', 'ratio', 'target', 'verdict']
  return [
    ...table([head, ...rows], [{}, {}, right, right, right, {}, {}], null),
    '',
    ...[...new Set(benches.flatMap(whyNot))],
    `${machineLine(machine)}; load ${benches.map(({ name, load }) => `${name} ${digits(load[0])} to ${digits(load[1])}`).join(', ')}.`,
    ...(small ? ['Short rounds: they show that the benchmarks run, and measure nothing.'] : []),
  ]
}

function whyNot({ name, verdicts, failed }: BenchReport): readonly string[] {
  const reasons = verdicts.flatMap(({ what, why }) => (why === undefined || why.startsWith('a short') ? [] : [`${name}, ${what}: ${why}.`]))
  return failed === undefined ? reasons : [`${name} failed: ${failed}`, ...reasons]
}

function machineLine({ commit, node, cpu, cores, platform, date }: Machine): string {
  return `${date.slice(0, 16)}Z, commit ${commit ?? 'unknown'}, Node ${node}, ${cores} cores of ${cpu}, ${platform}`
}
