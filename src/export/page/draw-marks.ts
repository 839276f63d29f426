/** Draws what happened at one moment, messages between lanes, and the chain of causes of the chosen entry. */
import type { Lane } from '../lanes.ts'
import type { Row } from '../row.ts'
import { type App, MARK } from './app.ts'
import type { Colours } from './colours.ts'
import { AXIS_HEIGHT, type PlacedLane, type Scene, seenLanes, yOf } from './scene.ts'

type Pen = CanvasRenderingContext2D

export function drawMarks(pen: Pen, app: App, scene: Scene, colours: Colours): void {
  const places = new Map(scene.lanes.map((placed) => [placed.lane, placed]))
  pen.save()
  pen.beginPath()
  pen.rect(scene.gutter, AXIS_HEIGHT, scene.width - scene.gutter, scene.height - AXIS_HEIGHT)
  pen.clip()
  drawArrows(pen, app, scene, places, colours)
  drawMoments(pen, app, scene, colours)
  drawChain(pen, app, scene, places, colours)
  pen.restore()
}

/** One mark per lane and three columns; what went wrong wins over what did not. Most rows of a long run are only compared. */
function drawMoments(pen: Pen, app: App, scene: Scene, colours: Colours): void {
  const { timeMs, lane, mark } = app.columns
  const seen: (PlacedLane | undefined)[] = []
  for (const placed of seenLanes(scene)) seen[placed.lane.index] = placed
  const freeMs: number[] = []
  const endMs = scene.timeAt(scene.width + 6)
  const loud: [number, PlacedLane, Row][] = []
  for (let index = firstAfter(app.links.rows, scene.timeAt(scene.gutter - 6)); index < timeMs.length; index += 1) {
    const time = timeMs[index] as number
    if (time > endMs) break
    const [kind, at] = [mark[index], lane[index] as number]
    if (kind === MARK.none || (kind === MARK.detail && !app.showsDetail)) continue
    if (kind !== MARK.loud && time < (freeMs[at] ?? 0)) continue
    const placed = seen[at]
    if (placed === undefined) continue
    const x = scene.xOf(time)
    if (kind === MARK.loud) {
      if (loud.length < LOUD_MAX) loud.push([x, placed, app.links.rows[index] as Row])
      continue
    }
    freeMs[at] = scene.timeAt(x + 3)
    pen.globalAlpha = app.hit === null || app.hit[index] === 1 ? 1 : 0.16
    pen.fillStyle = colours.muted
    pen.fillRect(x - 1, yOf(scene, placed) + placed.height - 8, 2, 7)
  }
  pen.globalAlpha = 1
  for (const [x, placed, row] of loud) drawLoud(pen, x, yOf(scene, placed) + placed.height - 9, row, colours)
}

/** More than these in one picture would be one red stripe anyway. */
const LOUD_MAX = 4000

/** Shapes differ as colours do: a cross, a triangle, a disc. */
function drawLoud(pen: Pen, x: number, y: number, row: Row, colours: Colours): void {
  pen.beginPath()
  if (row.tone === 'bad') {
    pen.strokeStyle = colours.bad
    pen.lineWidth = 2.5
    pen.moveTo(x - 4, y - 4)
    pen.lineTo(x + 4, y + 4)
    pen.moveTo(x + 4, y - 4)
    pen.lineTo(x - 4, y + 4)
    pen.stroke()
  } else if (row.tone === 'warn') {
    pen.fillStyle = colours.warn
    pen.moveTo(x, y - 5)
    pen.lineTo(x + 5, y + 4)
    pen.lineTo(x - 5, y + 4)
    pen.fill()
  } else {
    pen.fillStyle = colours.good
    pen.arc(x, y, 4, 0, Math.PI * 2)
    pen.fill()
  }
}

function drawArrows(pen: Pen, app: App, scene: Scene, places: ReadonlyMap<Lane, PlacedLane>, colours: Colours): void {
  const { arrows, arrowMsMax } = app.lanes
  const first = firstAfter(arrows, scene.timeAt(scene.gutter) - arrowMsMax)
  const end = firstAfter(arrows, scene.timeAt(scene.width))
  const isDense = end - first > ARROWS_PLAIN
  // Where there are many, each is only a shade of all of them.
  const alpha = isDense ? Math.max(0.12, (0.9 * ARROWS_PLAIN) / (end - first)) : 0.9
  // More than can be told apart are drawn as a sample from all over the picture, never as its beginning only.
  const stride = isDense && app.hit === null ? Math.ceil((end - first) / ARROWS_MAX) : 1
  const drawn = new Set<string>()
  for (let index = first; index < end; index += stride) {
    const arrow = arrows[index] as (typeof arrows)[number]
    const isHit = app.hit === null || app.hit[app.links.indexOf(arrow.seq)] === 1
    const [from, to] = [places.get(arrow.from), places.get(arrow.to)]
    if (from === undefined || to === undefined || (isDense && !isHit)) continue
    const x = scene.xOf(arrow.fromMs)
    const key = `${arrow.from.key}>${arrow.to.key}@${Math.round(x / 2)}`
    if (drawn.has(key)) continue
    drawn.add(key)
    pen.globalAlpha = isHit ? (app.hit === null ? alpha : 0.9) : 0.08
    const arrived = Number.isFinite(arrow.toMs)
    const target = { x: arrived ? scene.xOf(arrow.toMs) : x, y: centre(scene, to) }
    drawArrow(pen, { x, y: centre(scene, from) }, target, { arrived, plain: !isDense || (app.hit !== null && isHit) }, colours)
  }
  pen.globalAlpha = 1
}

/** More messages in one picture than these are drawn as one tissue. */
const ARROWS_PLAIN = 150
const ARROWS_MAX = 2000

interface Point {
  readonly x: number
  readonly y: number
}

/** A message nobody took up has a hollow end. */
function drawArrow(pen: Pen, from: Point, to: Point, how: { readonly arrived: boolean; readonly plain: boolean }, colours: Colours): void {
  const down = to.y >= from.y ? 1 : -1
  pen.strokeStyle = colours.accent
  pen.fillStyle = colours.accent
  pen.lineWidth = 1.25
  pen.beginPath()
  pen.moveTo(from.x, from.y)
  pen.bezierCurveTo(from.x, from.y + down * 14, to.x, to.y - down * 18, to.x, to.y - down * 6)
  pen.stroke()
  if (!how.plain) return
  pen.beginPath()
  pen.arc(from.x, from.y, 2.5, 0, Math.PI * 2)
  pen.fill()
  pen.beginPath()
  if (how.arrived) {
    pen.moveTo(to.x, to.y)
    pen.lineTo(to.x - 4, to.y - down * 8)
    pen.lineTo(to.x + 4, to.y - down * 8)
    pen.fill()
  } else {
    pen.arc(to.x, to.y, 4, 0, Math.PI * 2)
    pen.stroke()
  }
}

/** The chosen entry, and back through its causes from lane to lane. */
function drawChain(pen: Pen, app: App, scene: Scene, places: ReadonlyMap<Lane, PlacedLane>, colours: Colours): void {
  const row = app.links.rows[app.selected]
  if (row === undefined) return
  const points = [row, ...app.links.causesOf(row)].flatMap((each) => {
    const placed = places.get(app.laneOf[app.links.indexOf(each.seq)] as Lane)
    return placed === undefined ? [] : [{ x: scene.xOf(each.timeMs), y: centre(scene, placed) }]
  })
  const [chosen] = points
  if (chosen === undefined) return
  pen.fillStyle = colours.accent
  pen.globalAlpha = 0.55
  pen.fillRect(chosen.x - 0.5, AXIS_HEIGHT, 1, scene.height)
  pen.globalAlpha = 1
  pen.strokeStyle = colours.warn
  pen.lineWidth = 2
  pen.setLineDash([5, 3])
  pen.beginPath()
  for (const [index, point] of points.entries()) index === 0 ? pen.moveTo(point.x, point.y) : pen.lineTo(point.x, point.y)
  pen.stroke()
  pen.setLineDash([])
  for (const [index, point] of points.entries()) {
    pen.beginPath()
    pen.arc(point.x, point.y, index === 0 ? 5 : 3.5, 0, Math.PI * 2)
    pen.fillStyle = index === 0 ? colours.accent : colours.warn
    pen.fill()
    pen.strokeStyle = colours.back
    pen.lineWidth = 1.5
    pen.stroke()
  }
}

function centre(scene: Scene, placed: PlacedLane): number {
  return yOf(scene, placed) + placed.height / 2
}

/** Index of the first that is not before a time; they are in order. */
export function firstAfter(items: readonly ({ readonly timeMs: number } | { readonly fromMs: number })[], timeMs: number): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >> 1
    const item = items[middle] as { readonly timeMs?: number; readonly fromMs?: number }
    if ((item.timeMs ?? item.fromMs ?? 0) < timeMs) low = middle + 1
    else high = middle
  }
  return low
}
