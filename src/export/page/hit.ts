/** What is under the pointer. */
import { firstEndingAfter, type Lane, type Track } from '../lanes.ts'
import type { App } from './app.ts'
import { AXIS_HEIGHT, type PlacedLane, type Scene, TRACK_HEIGHT, trackTop } from './scene.ts'

const REACH_PIXELS = 7

/** The lane at a height, or null. */
export function laneAt(scene: Scene, y: number): PlacedLane | null {
  const at = y - AXIS_HEIGHT + scene.scroll
  if (y < AXIS_HEIGHT) return null
  return scene.lanes.find((placed) => at >= placed.top && at < placed.top + placed.height) ?? null
}

/** Index of the row at a point: the bar there, else the nearest mark of the lane; -1 for nothing. */
export function rowAt(app: App, scene: Scene, x: number, y: number): number {
  const placed = x < scene.gutter ? null : laneAt(scene, y)
  if (placed === null) return -1
  const inside = y - AXIS_HEIGHT + scene.scroll - placed.top
  const track = placed.lane.calls[Math.floor((inside - trackTop(0)) / TRACK_HEIGHT)]
  const isLow = inside > placed.height - 10
  const bar = track === undefined ? 0 : barAt(track, scene, x)
  if (bar !== 0 && !isLow) return app.links.indexOf(bar)
  const near = nearest(app, scene, placed.lane, x)
  return near === -1 && bar !== 0 ? app.links.indexOf(bar) : near
}

/** `seq` of the bar at a column, 0 for none. Bars of a track do not overlap. */
function barAt(track: Track, scene: Scene, x: number): number {
  for (const reach of [0, 2, 4]) {
    const [from, to] = [scene.positionAt(x - reach), scene.positionAt(x + reach)]
    const first = firstEndingAfter(track, from)
    if (first < track.from.length && (track.from[first] ?? 0) <= to) return track.seq[first] ?? 0
  }
  return 0
}

function nearest(app: App, scene: Scene, lane: Lane, x: number): number {
  const rows = app.links.rows
  const end = scene.positionAt(x + REACH_PIXELS)
  let best = { index: -1, distance: Number.POSITIVE_INFINITY }
  for (let index = Math.max(0, Math.ceil(scene.positionAt(x - REACH_PIXELS))); index <= end; index += 1) {
    const row = rows[index]
    if (row === undefined) break
    if (app.laneOf[index] !== lane) continue
    // What is folded away loses against what is listed, and what is fine against what went wrong.
    const handicap = (row.detail && !app.found.showsDetail ? REACH_PIXELS : 0) + (row.tone === 'bad' ? -2 : 0)
    const distance = Math.abs(scene.xOf(index) - x) + handicap
    if (distance < best.distance) best = { index, distance }
  }
  return best.index
}
