/** Two reports side by side: which figures moved by more than their rounds differ among themselves. */
import { table } from '../../src/cli/table.ts'
import type { Figure } from './bench.ts'
import { isRate } from './bench.ts'
import { digits, figureText, middle, ratios } from './figures.ts'
import type { Report } from './report.ts'

export interface Moved {
  readonly bench: string
  readonly name: string
  readonly before: string
  readonly after: string
  /** Median after over median before. */
  readonly change: number
  /** The same of the ratio to the floor, which the load of the machine moves less; null without a floor. */
  readonly changeOfRatio: number | null
  readonly verdict: 'better' | 'worse' | 'within the noise' | 'too few rounds' | 'new' | 'gone'
}

/** Rounds that a spread needs: of two times four, one side lies above the other by chance in 3 of 100. */
const ROUNDS_MIN = 4

/** Every figure that either report has. */
export function compare(before: Report, after: Report): readonly Moved[] {
  const names = [...new Set([...after.benches, ...before.benches].map(({ name }) => name))]
  return names.flatMap((bench) => {
    const [old, fresh] = [before, after].map((report) => report.benches.find(({ name }) => name === bench)?.figures ?? [])
    return compareFigures(bench, old ?? [], fresh ?? [])
  })
}

/** The comparison as a table: what moved is marked with ← and stands first in its reader's eye. */
export function compareLines(before: Report, after: Report): readonly string[] {
  const moves = compare(before, after)
  const rows = moves.map(({ bench, name, before: old, after: fresh, change, changeOfRatio, verdict }) => [
    bench,
    name,
    old,
    fresh,
    Number.isFinite(change) ? `× ${digits(change)}` : '',
    changeOfRatio === null ? '' : `× ${digits(changeOfRatio)}`,
    verdict === 'better' || verdict === 'worse' ? `← ${verdict}` : verdict,
  ])
  const right = { align: 'right' } as const
  const count = (wanted: Moved['verdict']) => moves.filter(({ verdict }) => verdict === wanted).length
  return [
    ...table(
      [['bench', 'figure', 'before', 'after', 'change', 'of the ratio', ''], ...rows],
      [{}, {}, right, right, right, right, {}],
      null,
    ),
    '',
    `${before.machine.commit ?? 'unknown'} (${before.machine.date.slice(0, 16)}Z) beside ${after.machine.commit ?? 'unknown'} (${after.machine.date.slice(0, 16)}Z):` +
      ` ${count('better')} better, ${count('worse')} worse, ${count('within the noise')} within the spread of their rounds${others(count)}.`,
    ...differences(before, after),
  ]
}

function others(count: (wanted: Moved['verdict']) => number): string {
  const few = count('too few rounds')
  const alone = count('new') + count('gone')
  return `${few === 0 ? '' : `, ${few} of too few rounds to tell`}${alone === 0 ? '' : `, ${alone} in one of them only`}`
}

function compareFigures(bench: string, before: readonly Figure[], after: readonly Figure[]): readonly Moved[] {
  const names = [...new Set([...after, ...before].map(({ name }) => name))]
  return names.map((name): Moved => {
    const [old, fresh] = [before.find((one) => one.name === name), after.find((one) => one.name === name)]
    const text = (figure: Figure | undefined) => (figure === undefined ? '—' : figureText(middle(figure.rounds), figure.unit))
    const shown = { bench, name, before: text(old), after: text(fresh) }
    if (old === undefined || fresh === undefined) {
      return { ...shown, change: Number.NaN, changeOfRatio: null, verdict: old === undefined ? 'new' : 'gone' }
    }
    const [oldRatios, freshRatios] = [ratios(old, before), ratios(fresh, after)]
    const hasRatios = oldRatios !== null && freshRatios !== null
    return {
      ...shown,
      change: middle(fresh.rounds) / middle(old.rounds),
      changeOfRatio: hasRatios ? middle(freshRatios) / middle(oldRatios) : null,
      verdict: hasRatios ? moved(oldRatios, freshRatios, isRate(fresh.unit)) : moved(old.rounds, fresh.rounds, isRate(fresh.unit)),
    }
  })
}

/** Moved is what no round of the other side has reached. */
function moved(before: readonly number[], after: readonly number[], higherIsBetter: boolean): Moved['verdict'] {
  if (Math.min(before.length, after.length) < ROUNDS_MIN) return 'too few rounds'
  const isHigher = Math.min(...after) > Math.max(...before)
  const isLower = Math.max(...after) < Math.min(...before)
  if (!isHigher && !isLower) return 'within the noise'
  return isHigher === higherIsBetter ? 'better' : 'worse'
}

function differences(before: Report, after: Report): readonly string[] {
  const differing = (['node', 'cpu', 'cores', 'platform'] as const).filter((key) => before.machine[key] !== after.machine[key])
  const told = differing.map((key) => `${key} ${before.machine[key]} and ${after.machine[key]}`)
  return [
    ...(told.length === 0 ? [] : [`Not the same machine: ${told.join(', ')}. Only the ratios can be compared.`]),
    ...(before.small || after.small ? ['One of them made short rounds: it measured nothing.'] : []),
  ]
}
