/** Where everything is on the timeline: sizes, and from a position in the run to a column and back. */
import type { Lane } from '../lanes.ts'
import type { App } from './app.ts'

export const AXIS_HEIGHT = 26
export const TRACK_HEIGHT = 18
const LANE_HEIGHT_MIN = 24
const LANE_PADDING = 5

export interface Scene {
  readonly width: number
  readonly height: number
  /** Columns of the names at the left. */
  readonly gutter: number
  /** How far the lanes are scrolled. */
  readonly scroll: number
  /** Height of all lanes together. */
  readonly total: number
  readonly lanes: readonly PlacedLane[]
  /** Whether something may still come: what is open then reaches to the right edge, else to the last entry. */
  readonly live: boolean
  /** Position of the last entry. */
  readonly last: number
  /** The column of a position: the index of a row, or between two of them. */
  xOf(position: number): number
  positionAt(x: number): number
  /** The place on the axis at a column. */
  placeAt(x: number): number
  /** The column of a place. */
  xAt(place: number): number
}

export interface PlacedLane {
  readonly lane: Lane
  /** Without scrolling, below the axis. */
  readonly top: number
  readonly height: number
}

export function sceneOf(app: App, width: number, height: number, scroll: number): Scene {
  const gutter = gutterOf(width)
  const placed: PlacedLane[] = []
  let top = 0
  for (const lane of app.lanes.ordered()) {
    const laneHeight = heightOf(lane)
    placed.push({ lane, top, height: laneHeight })
    top += laneHeight
  }
  const { view, axis } = app.port
  const chart = Math.max(1, width - gutter)
  const scale = chart / Math.max(view.to - view.from, 1e-6)
  const placeAt = (x: number): number => view.from + (x - gutter) / scale
  const xAt = (place: number): number => gutter + (place - view.from) * scale
  return {
    width,
    height,
    gutter,
    scroll: Math.max(0, Math.min(scroll, top - (height - AXIS_HEIGHT))),
    total: top,
    lanes: placed,
    live: app.summary.live,
    last: app.links.rows.length - 1,
    xOf: (position) => xAt(axis.placeOf(position)),
    positionAt: (x) => axis.positionAt(placeAt(x)),
    placeAt,
    xAt,
  }
}

/** Columns of the names at the left of a picture. */
export function gutterOf(width: number): number {
  return width < 640 ? 120 : GUTTER
}

export const GUTTER = 188

/** Where something ends: the right edge for what goes on, the last entry for what never will. */
export function endX(scene: Scene, position: number): number {
  if (position !== Number.POSITIVE_INFINITY) return Math.min(scene.width + 4, scene.xOf(position))
  return scene.live ? scene.width + 4 : Math.min(scene.width + 4, scene.xOf(scene.last))
}

function heightOf(lane: Lane): number {
  return Math.max(LANE_HEIGHT_MIN, lane.calls.length * TRACK_HEIGHT + LANE_PADDING * 2)
}

/** Top of a track inside of its lane. */
export function trackTop(track: number): number {
  return LANE_PADDING + track * TRACK_HEIGHT
}

/** Lanes that are at least partly seen. */
export function seenLanes(scene: Scene): readonly PlacedLane[] {
  const [from, to] = [scene.scroll, scene.scroll + scene.height - AXIS_HEIGHT]
  const first = firstAt(scene.lanes, from)
  const end = scene.lanes.findIndex((placed, index) => index >= first && placed.top >= to)
  return scene.lanes.slice(first, end === -1 ? undefined : end)
}

/** Where a lane is on the canvas. */
export function yOf(scene: Scene, placed: PlacedLane): number {
  return AXIS_HEIGHT + placed.top - scene.scroll
}

function firstAt(lanes: readonly PlacedLane[], y: number): number {
  let low = 0
  let high = lanes.length
  while (low < high) {
    const middle = (low + high) >> 1
    const placed = lanes[middle] as PlacedLane
    if (placed.top + placed.height <= y) low = middle + 1
    else high = middle
  }
  return low
}
