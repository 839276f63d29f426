/**
 * Where the entries of a run stand on an axis: by when they were recorded, or one after the other. A position is the index of
 * an entry, with a fraction between two of them; a place is how far along the axis it is.
 */
import { type Gap, timeMap } from './time-map.ts'

export type AxisBy = 'time' | 'order'

export interface Axis {
  readonly by: AxisBy
  /** Length of the whole axis: milliseconds by time, entries by order. */
  readonly length: number
  /** Nothing narrower than this is worth looking at. */
  readonly widthMin: number
  /** Stretches in which nothing was recorded: short by time, a break between two entries by order. */
  readonly gaps: readonly PlacedGap[]
  /** The place of a position; positions outside of the run go on at either end. */
  placeOf(position: number): number
  /** The position at a place. */
  positionAt(place: number): number
  /** The place of a time, ms since 1970; by time only. */
  placeOfMs(timeMs: number): number
  /** The time at a place; by time only. */
  msAt(place: number): number
}

export interface PlacedGap extends Gap {
  readonly from: number
  readonly to: number
}

/** What a break takes on an axis by order, as a share of the entries. */
const BREAK_SHARE = 0.03

/** @param times in order, ms. @param compress false draws every stretch as long as it was; by order it does not matter. */
export function axis(times: readonly number[], by: AxisBy, compress: boolean): Axis {
  const unfolded = unfold(times)
  const map = timeMap(unfolded, compress || by === 'order')
  const places = by === 'time' ? Float64Array.from(unfolded, map.placeOf) : orderPlaces(times.length, map.gaps)
  const length = by === 'time' ? map.length : Math.max(1, places.at(-1) ?? 0)
  return {
    by,
    length,
    widthMin: Math.min(by === 'time' ? 0.25 : 6, length),
    gaps: map.gaps.map((gap) => ({ ...gap, from: places[gap.after] ?? 0, to: places[gap.after + 1] ?? 0 })),
    placeOf: (position) => placeOf(places, length, position),
    positionAt: (place) => positionAt(places, length, place),
    placeOfMs: map.placeOf,
    msAt: map.timeAt,
  }
}

/** By order when hardly any time passes: a simulated run would be one column by time. */
export function axisFor(times: readonly number[]): AxisBy {
  let momentsCount = 0
  for (const [index, time] of times.entries()) if (time !== times[index - 1]) momentsCount += 1
  return times.length >= 8 && momentsCount * 4 <= times.length ? 'order' : 'time'
}

/** Entries of one millisecond follow each other within it. Times never go back, whatever a log says. */
export function unfold(times: readonly number[]): number[] {
  const unfolded: number[] = []
  let start = 0
  let latest = Number.NEGATIVE_INFINITY
  for (const [index, time] of times.entries()) {
    latest = Math.max(latest, time)
    unfolded.push(latest)
    if (latest === unfolded[start]) continue
    spread(unfolded, start, index)
    start = index
  }
  spread(unfolded, start, times.length)
  return unfolded
}

function spread(times: number[], start: number, end: number): void {
  const first = times[start] ?? 0
  for (let index = start + 1; index < end; index += 1) times[index] = first + (index - start) / (end - start)
}

function orderPlaces(count: number, gaps: readonly Gap[]): Float64Array {
  const places = new Float64Array(count)
  const width = Math.max(1, count * BREAK_SHARE)
  let nextGap = 0
  let place = 0
  for (let index = 0; index < count; index += 1) {
    places[index] = place
    place += 1
    if (gaps[nextGap]?.after !== index) continue
    place += width
    nextGap += 1
  }
  return places
}

function placeOf(places: Float64Array, length: number, position: number): number {
  const last = places.length - 1
  const step = stepOf(places, length)
  if (last < 0 || position <= 0) return (places[0] ?? 0) + position * step
  if (position >= last) return (places[last] as number) + (position - last) * step
  const index = Math.floor(position)
  const [left, right] = [places[index] as number, places[index + 1] as number]
  return left + (position - index) * (right - left)
}

function positionAt(places: Float64Array, length: number, place: number): number {
  const last = places.length - 1
  const step = stepOf(places, length)
  if (last < 0 || place <= (places[0] as number)) return (place - (places[0] ?? 0)) / step
  if (place >= (places[last] as number)) return last + (place - (places[last] as number)) / step
  let low = 0
  let high = last
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((places[middle] as number) <= place) low = middle
    else high = middle
  }
  const [left, right] = [places[low] as number, places[high] as number]
  return right === left ? low : low + (place - left) / (right - left)
}

/** How far one entry goes beyond the ends. */
function stepOf(places: Float64Array, length: number): number {
  return places.length === 0 ? 1 : length / places.length
}
