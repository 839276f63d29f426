/** What the benchmarks compute alike. */
import type { Figure, Unit } from './bench.ts'

/** The median; the upper one of two. 0 for no number. */
export function middle(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0
}

/** The value below which `share` of the numbers lie, e.g. 0.99. NaN for no number. */
export function quantile(numbers: readonly number[] | Float64Array, share: number): number {
  const sorted = Float64Array.from(numbers).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export function round2(value: number): number {
  return Math.round(value * 100) / 100
}

/** The figure over its floor in each round: cases of one round had the same load. Null when it has no floor here. */
export function ratios(figure: Figure, all: readonly Figure[]): readonly number[] | null {
  const floor = figure.floor === undefined ? undefined : all.find(({ name }) => name === figure.floor)
  if (floor === undefined) return null
  return figure.rounds.map((value, round) => value / (floor.rounds[round] ?? Number.NaN)).filter(Number.isFinite)
}

/** `31.2 k/s`, `1.31 us`, `16.1 ms`, `96 MB`. */
export function figureText(value: number, unit: Unit): string {
  if (!Number.isFinite(value)) return '—'
  if (unit === 'us' && value >= 9_995) return figureText(value / 1000, 'ms')
  const ending = ENDINGS[unit]
  if (ending.scaled && value >= 999_500) return `${digits(value / 1_000_000)} M${ending.text}`
  if (ending.scaled && value >= 9_995) return `${digits(value / 1000)} k${ending.text}`
  return `${digits(value)}${ending.scaled ? '' : ' '}${ending.text}`.trimEnd()
}

const ENDINGS: { readonly [unit in Unit]: { readonly text: string; readonly scaled: boolean } } = {
  'per second': { text: '/s', scaled: true },
  'per minute': { text: '/min', scaled: true },
  count: { text: '', scaled: true },
  ns: { text: 'ns', scaled: false },
  us: { text: 'us', scaled: false },
  ms: { text: 'ms', scaled: false },
  MB: { text: 'MB', scaled: false },
  bytes: { text: 'B', scaled: false },
  times: { text: '×', scaled: false },
}

/** Three digits that say something: more would be noise. */
export function digits(value: number): string {
  const size = Math.abs(value)
  if (size >= 99.95 || Number.isInteger(value)) return String(Math.round(value))
  return size >= 9.995 ? value.toFixed(1) : value.toFixed(2)
}
