/** Spans of time as people write them. */
import { RamureError } from '../../log/error.ts'

const UNITS: { readonly [unit: string]: number } = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `'10m'`, `'90s'`, `'1.5h'`, `'250ms'`, `'2d'`, or a number of ms, in ms. Throws ERR_DURATION. */
export function durationOf(within: string | number): number {
  if (typeof within === 'number' && within >= 0) return within
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(String(within)) ?? []
  if (amount !== undefined) return Number(amount) * (UNITS[unit] ?? 1)
  throw new RamureError('ERR_DURATION', `${JSON.stringify(within)} is no span of time.`, {
    hint: "Write '10m', '90s', '1.5h', or ms as a number.",
  })
}

/** `14h`, `3.2s`. */
export function spanText(ms: number): string {
  const [unit, size] = (['d', 'h', 'm', 's'] as const).map((each) => [each, UNITS[each] ?? 1] as const).find(([, each]) => ms >= each) ?? [
    'ms',
    1,
  ]
  return `${Math.round((ms / size) * 10) / 10}${unit}`
}
