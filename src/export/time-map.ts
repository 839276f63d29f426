/**
 * From times to places on an axis. Long stretches in which nothing was recorded are drawn short, so that ten seconds of work
 * after a night of waiting are still seen; each is known, so that a picture can mark it.
 */

export interface Gap {
  readonly fromMs: number
  readonly toMs: number
  /** Index of the time that it comes after. */
  readonly after: number
}

export interface TimeMap {
  readonly gaps: readonly Gap[]
  /** Length of the whole axis, in ms of the axis. */
  readonly length: number
  /** Place of a time, from 0 to `length`; times outside of the run go on at either end. */
  placeOf(timeMs: number): number
  /** The time at a place. */
  timeAt(place: number): number
}

/** A gap is at least this long, in ms. */
const GAP_MS_MIN = 1000
/** A gap is this many times as long as the usual stretch between two entries. */
const GAP_TIMES = 10
/** A gap is longer than this share of all the time that is no gap. */
const GAP_SHARE = 0.08
/** What is left of a gap, as a share of the time that is no gap. */
const LEFT_SHARE = 0.03
const LEFT_MS_MIN = 0.1

/** @param times in order, ms. @param compress false draws every stretch as long as it was. */
export function timeMap(times: ArrayLike<number>, compress: boolean): TimeMap {
  const start = times[0] ?? 0
  const end = Math.max(times[times.length - 1] ?? 0, start + 1)
  const { gaps, activeMs } = compress ? findGaps(times) : { gaps: [], activeMs: 0 }
  const leftMs = Math.max(LEFT_MS_MIN, activeMs * LEFT_SHARE)
  // Knots of the axis: between two of them time and place rise evenly.
  const knots: { readonly timeMs: number; readonly place: number }[] = [{ timeMs: start, place: 0 }]
  let place = 0
  let before = start
  for (const gap of gaps) {
    place += gap.fromMs - before
    knots.push({ timeMs: gap.fromMs, place })
    place += leftMs
    knots.push({ timeMs: gap.toMs, place })
    before = gap.toMs
  }
  const length = place + (end - before)
  knots.push({ timeMs: end, place: length })
  return {
    gaps,
    length,
    placeOf: (timeMs) => between(knots, timeMs, 'timeMs', 'place'),
    timeAt: (where) => between(knots, where, 'place', 'timeMs'),
  }
}

/** Stretches that are long beside everything shorter. */
function findGaps(times: ArrayLike<number>): { readonly gaps: Gap[]; readonly activeMs: number } {
  const stretches: Gap[] = []
  let activeMs = 0
  for (let index = 1; index < times.length; index += 1) {
    const fromMs = times[index - 1] ?? 0
    const toMs = times[index] ?? 0
    if (toMs - fromMs < GAP_MS_MIN) activeMs += toMs - fromMs
    else stretches.push({ fromMs, toMs, after: index - 1 })
  }
  const byLength = stretches.toSorted((a, b) => a.toMs - a.fromMs - (b.toMs - b.fromMs))
  const smallCount = times.length - 1 - stretches.length
  const usual = byLength[Math.floor((times.length - 1) / 2) - smallCount]
  const longerMs = usual === undefined ? 0 : (usual.toMs - usual.fromMs) * GAP_TIMES
  const long = new Set<Gap>()
  for (const [index, gap] of byLength.entries()) {
    const lengthMs = gap.toMs - gap.fromMs
    if (lengthMs > longerMs && lengthMs > activeMs * GAP_SHARE) {
      for (const longer of byLength.slice(index)) long.add(longer)
      break
    }
    activeMs += lengthMs
  }
  return { gaps: stretches.filter((gap) => long.has(gap)), activeMs }
}

type Knot = { readonly timeMs: number; readonly place: number }

function between(knots: readonly Knot[], value: number, from: keyof Knot, to: keyof Knot): number {
  let low = 0
  let high = knots.length - 2
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((knots[middle] as Knot)[from] <= value) low = middle
    else high = middle - 1
  }
  const left = knots[low] as Knot
  const right = knots[low + 1] as Knot
  const width = right[from] - left[from]
  const share = width === 0 ? 0 : (value - left[from]) / width
  return left[to] + share * (right[to] - left[to])
}
