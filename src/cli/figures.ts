/** Numbers as people read them. What is unknown is —, never 0. */

import { costText as priceText, spanText, UNKNOWN, countText as wholeText } from '../export/units.ts'

export { UNKNOWN }

/** `41 ms`, `14.2 s`, `12m04s`, `3h05m`, `2d04h`. */
export function durationText(ms: number | null): string {
  return spanText(ms)
}

/** `2,318`. */
export function countText(count: number | null): string {
  return count === null ? UNKNOWN : wholeText(count)
}

/** `412 B`, `1.2 kB`, `3.4 MB`. */
export function bytesText(bytes: number | null): string {
  if (bytes === null) return UNKNOWN
  if (bytes < 1000) return `${bytes} B`
  const steps = ['kB', 'MB', 'GB', 'TB']
  let value = bytes / 1000
  while (value >= 999.95 && steps.length > 1) {
    value /= 1000
    steps.shift()
  }
  return `${value.toFixed(1)} ${steps[0]}`
}

/** `61.2k tok`. */
export function tokensText(tokens: number): string {
  if (tokens < 1000) return `${tokens} tok`
  return tokens < 1_000_000 ? `${(tokens / 1000).toFixed(1)}k tok` : `${(tokens / 1_000_000).toFixed(1)}M tok`
}

/** `$0.92`, with what could not be priced beside it: `$0.31 + 1 unpriced`. */
export function costText(used: { readonly costNanoUsd: number; readonly pricedCount: number; readonly unpricedCount: number }): string {
  return priceText(used.pricedCount === 0 ? null : used.costNanoUsd, used.unpricedCount)
}

/** `1 agent`, `3 agents`. */
export function plural(count: number, noun: string, nouns = `${noun}s`): string {
  return `${countText(count)} ${count === 1 ? noun : nouns}`
}

/** `45s`, `5m`, `2h`, `1d`, `1w` in milliseconds, or null when it is none of these. */
export function parseDurationMs(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)$/.exec(text.trim())
  const unit = match ? UNIT_MS[match[2] ?? ''] : undefined
  return match && unit !== undefined ? Number(match[1]) * unit : null
}

const UNIT_MS: { readonly [unit: string]: number } = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }
