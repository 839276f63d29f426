/** The axis of the picture and which part of it is seen. */
import { type Axis, type AxisBy, axis, axisFor } from '../axis.ts'

/** From where to where, in places of the axis. */
export interface View {
  readonly from: number
  readonly to: number
}

export interface Viewport {
  readonly axis: Axis
  readonly view: View
  /** How exact times are shown, ms: a run of a second needs more digits than one of an hour. */
  readonly stepMs: number
  /** Takes times that have come; what was seen stays seen, and all of it stays all. */
  grow(): void
  /** Short or whole gaps; by time only. */
  toggleGaps(): void
  /** By time or by order. */
  toggleAxis(): void
  look(from: number, to: number): void
  /** Zooms by a factor around a place; 2 shows half as much. */
  zoom(factor: number, around: number): void
  /** Moves the view as far as a place needs to stand well inside of it. */
  bringIn(place: number): void
  fit(): void
}

/** Room beside the first and the last entry, as a share of the axis. */
const MARGIN_SHARE = 0.015
/** Well inside is so far from either edge, as a share of what is seen. */
const INSIDE_SHARE = 0.25

/** @param times of the entries, ms; they may grow. @param live time passes in a live run, whatever its first entries look like. */
export function viewport(times: readonly number[], live: boolean): Viewport {
  let chosen: AxisBy | null = null
  let compresses = true
  let current = axis(times, 'time', compresses)
  let view = wholeOf(current)

  const redraw = (): void => {
    const isFitted = view.from <= 0 && view.to >= current.length
    const [from, to] = [current.positionAt(view.from), current.positionAt(view.to)]
    current = axis(times, chosen ?? (live ? 'time' : axisFor(times)), compresses)
    view = isFitted ? wholeOf(current) : { from: current.placeOf(from), to: current.placeOf(to) }
  }
  const look = (from: number, to: number): void => {
    const whole = wholeOf(current)
    const width = Math.min(whole.to - whole.from, Math.max(to - from, current.widthMin))
    const margin = width * MARGIN_SHARE
    const start = Math.min(Math.max(-margin, from), current.length + margin - width)
    view = { from: start, to: start + width }
  }
  return {
    get axis() {
      return current
    },
    get view() {
      return view
    },
    get stepMs() {
      return (times.at(-1) ?? 0) - (times[0] ?? 0) < 10_000 ? 1 : 10
    },
    grow: redraw,
    toggleGaps() {
      compresses = !compresses
      redraw()
    },
    toggleAxis() {
      chosen = current.by === 'time' ? 'order' : 'time'
      redraw()
    },
    look,
    zoom(factor, around) {
      look(around - (around - view.from) / factor, around + (view.to - around) / factor)
    },
    bringIn(place) {
      const room = (view.to - view.from) * INSIDE_SHARE
      const by = Math.min(0, place - (view.from + room)) + Math.max(0, place - (view.to - room))
      look(view.from + by, view.to + by)
    },
    fit() {
      view = wholeOf(current)
    },
  }
}

function wholeOf({ length }: Axis): View {
  return { from: -length * MARGIN_SHARE, to: length * (1 + MARGIN_SHARE) }
}
