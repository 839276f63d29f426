/** Durations in buckets that grow by a fixed ratio: any number of them in bounded memory, quantiles within 5 %. */

export interface Histogram {
  readonly count: number
  readonly sumMs: number
  readonly maxMs: number
  /** How many durations fell into each bucket; bucket 0 is below 1 ms. */
  readonly buckets: ReadonlyMap<number, number>
}

interface OwnedHistogram {
  count: number
  sumMs: number
  maxMs: number
  buckets: Map<number, number>
}

const RATIO = 1.1
/** The bucket of a year; what is longer counts as a year. */
const BUCKET_MAX = Math.ceil(Math.log(366 * 86_400_000) / Math.log(RATIO))

export function emptyHistogram(): OwnedHistogram {
  return { count: 0, sumMs: 0, maxMs: 0, buckets: new Map() }
}

/** Adds one duration, in place. What is not a number is ignored; below zero counts as zero. */
export function observe(histogram: OwnedHistogram, durationMs: number): void {
  if (!Number.isFinite(durationMs)) return
  const ms = Math.max(0, durationMs)
  const bucket = ms < 1 ? 0 : Math.min(BUCKET_MAX, 1 + Math.floor(Math.log(ms) / Math.log(RATIO)))
  histogram.count += 1
  histogram.sumMs += ms
  histogram.maxMs = Math.max(histogram.maxMs, ms)
  histogram.buckets.set(bucket, (histogram.buckets.get(bucket) ?? 0) + 1)
}

/** The duration below which `share` (0..1) of them lie, or null when there are none. Never above the longest one. */
export function quantile(histogram: Histogram, share: number): number | null {
  if (histogram.count === 0) return null
  const rank = Math.max(1, Math.ceil(share * histogram.count))
  let seen = 0
  for (const [bucket, count] of [...histogram.buckets].sort(([left], [right]) => left - right)) {
    seen += count
    if (seen >= rank) return Math.min(histogram.maxMs, middleOf(bucket))
  }
  return histogram.maxMs
}

function middleOf(bucket: number): number {
  return bucket === 0 ? 0.5 : RATIO ** (bucket - 0.5)
}
