/** Numbers on a page. What is unknown is —, never 0. */

/** Steps that an axis may have, ms. */
const STEPS_MS: readonly number[] = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * 1000),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * 60_000),
  ...[1, 2, 3, 6, 12].map((hours) => hours * 3_600_000),
  ...[1, 2, 7, 14, 28, 91, 364].map((days) => days * 86_400_000),
]

/** The smallest step that is at least `ms`. */
export function stepOf(ms: number): number {
  return STEPS_MS.find((step) => step >= ms) ?? (STEPS_MS.at(-1) as number)
}

/** Time since the start of a run, as exact as steps of `stepMs` need: `1:04.25`, `2:00:30`, `850 ms`. */
export function sinceText(ms: number, stepMs = 10): string {
  const sign = ms < 0 ? '-' : ''
  const digits = stepMs >= 1000 ? 0 : stepMs >= 100 ? 1 : stepMs >= 10 ? 2 : 3
  const unitMs = 10 ** (3 - digits)
  const total = Math.round(Math.abs(ms) / unitMs) * unitMs
  const seconds = (total / 1000) % 60
  const minutes = Math.floor(total / 60_000) % 60
  const hours = Math.floor(total / 3_600_000)
  const fine = seconds.toFixed(digits)
  if (hours > 0) return `${sign}${hours}:${two(minutes)}:${fine.padStart(digits === 0 ? 2 : digits + 3, '0')}`
  return `${sign}${minutes}:${fine.padStart(digits === 0 ? 2 : digits + 3, '0')}`
}

/** `41 ms`, `14.2 s`, `12m04s`, `3h05m`, `2d04h`. */
export function spanText(ms: number | null): string {
  if (ms === null || !Number.isFinite(ms)) return UNKNOWN
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${two(seconds % 60)}s`
  const minutes = Math.floor(seconds / 60)
  return minutes < 1440
    ? `${Math.floor(minutes / 60)}h${two(minutes % 60)}m`
    : `${Math.floor(minutes / 1440)}d${two(Math.floor(minutes / 60) % 24)}h`
}

/** `2,318`. */
export function countText(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** `$0.92`, `$0.0042`; — when nothing had a price, and what had none beside it. */
export function costText(nanoUsd: number | null, unpricedCount = 0): string {
  if (nanoUsd === null) return unpricedCount === 0 ? UNKNOWN : `${countText(unpricedCount)} unpriced`
  const usd = nanoUsd / 1e9
  const known = usd > 0 && usd < 0.01 ? `$${usd.toFixed(4)}` : `$${usd.toFixed(2)}`
  return unpricedCount === 0 ? known : `${known} + ${countText(unpricedCount)} unpriced`
}

/** `715`, `61.2k`, `1.3M`; — when nobody reported any. */
export function tokensText(tokens: number | null): string {
  if (tokens === null) return UNKNOWN
  if (tokens < 1000) return String(tokens)
  return tokens < 1_000_000 ? `${(tokens / 1000).toFixed(1)}k` : `${(tokens / 1_000_000).toFixed(1)}M`
}

export const UNKNOWN = '—'

function two(value: number): string {
  return String(value).padStart(2, '0')
}
