/** Durations in buckets that grow by a fixed ratio: any number of them in bounded memory, quantiles within 5 %. */

export interface Histogram {
  readonly count: number
  readonly sumMs: number
  readonly maxMs: number
  /** How many durations fell into each bucket, up to the last one that has any; bucket 0 is below 1 ms. */
  readonly buckets: readonly number[]
}

interface OwnedHistogram {
  count: number
  sumMs: number
  maxMs: number
  buckets: number[]
}

const RATIO = 1.1
/** The bucket of a year; what is longer counts as a year. */
const BUCKET_MAX = Math.ceil(Math.log(366 * 86_400_000) / Math.log(RATIO))

export function emptyHistogram(): OwnedHistogram {
  return { count: 0, sumMs: 0, maxMs: 0, buckets: [] }
}

/** Adds one duration, in place. What is not a number is ignored; below zero counts as zero. */
export function observe(histogram: OwnedHistogram, durationMs: number): void {
  if (!Number.isFinite(durationMs)) return
  const ms = Math.max(0, durationMs)
  const bucket = ms < WHOLE_MS_MAX && Number.isInteger(ms) ? (BUCKETS_OF_WHOLE_MS[ms] as number) : bucketOf(ms)
  histogram.count += 1
  histogram.sumMs += ms
  histogram.maxMs = Math.max(histogram.maxMs, ms)
  while (histogram.buckets.length <= bucket) histogram.buckets.push(0)
  histogram.buckets[bucket] = (histogram.buckets[bucket] as number) + 1
}

function bucketOf(ms: number): number {
  return ms < 1 ? 0 : Math.min(BUCKET_MAX, 1 + Math.floor(Math.log(ms) / Math.log(RATIO)))
}

/** Times of a log are whole milliseconds, and most durations are short: a logarithm for each of a million takes longer than all the rest. */
const WHOLE_MS_MAX = 4096
const BUCKETS_OF_WHOLE_MS = Uint8Array.from({ length: WHOLE_MS_MAX }, (_, ms) => bucketOf(ms))

/** The duration below which `share` (0..1) of them lie, or null when there are none. Never above the longest one. */
export function quantile(histogram: Histogram, share: number): number | null {
  if (histogram.count === 0) return null
  const rank = Math.max(1, Math.ceil(share * histogram.count))
  let seen = 0
  for (const [bucket, count] of histogram.buckets.entries()) {
    seen += count
    if (seen >= rank) return Math.min(histogram.maxMs, middleOf(bucket))
  }
  return histogram.maxMs
}

function middleOf(bucket: number): number {
  return bucket === 0 ? 0.5 : RATIO ** (bucket - 0.5)
}
