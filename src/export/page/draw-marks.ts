/** Draws what happened at one moment, messages between lanes, and the chain of causes of the chosen entry. */
import type { Arrow, Lane } from '../lanes.ts'
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
  const { lane, mark } = app.columns
  const seen: (PlacedLane | undefined)[] = []
  for (const placed of seenLanes(scene)) seen[placed.lane.index] = placed
  const free: number[] = []
  const end = Math.min(mark.length, scene.positionAt(scene.width + 6) + 1)
  const loud: [number, PlacedLane, Row, boolean][] = []
  for (let index = Math.max(0, Math.floor(scene.positionAt(scene.gutter - 6))); index < end; index += 1) {
    const [kind, at] = [mark[index], lane[index] as number]
    if (kind === MARK.none || (kind === MARK.detail && !app.found.showsDetail)) continue
    if (kind !== MARK.loud && index < (free[at] ?? 0)) continue
    const placed = seen[at]
    if (placed === undefined) continue
    const x = scene.xOf(index)
    const isHit = app.found.hit === null || app.found.hit[index] === 1
    if (kind === MARK.loud) {
      if (loud.length < LOUD_MAX) loud.push([x, placed, app.links.rows[index] as Row, isHit])
      continue
    }
    free[at] = scene.positionAt(x + 3)
    pen.globalAlpha = isHit ? 1 : 0.16
    pen.fillStyle = colours.muted
    pen.fillRect(x - 1, yOf(scene, placed) + placed.height - 8, 2, 7)
  }
  for (const [x, placed, row, isHit] of loud) {
    pen.globalAlpha = isHit ? 1 : 0.16
    drawLoud(pen, x, yOf(scene, placed) + placed.height - 9, row, colours)
  }
  pen.globalAlpha = 1
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
  const { arrows, arrowRowsMax } = app.lanes
  const { hit } = app.found
  const first = firstSentAt(arrows, scene.positionAt(scene.gutter) - arrowRowsMax)
  const end = firstSentAt(arrows, scene.positionAt(scene.width))
  const isDense = end - first > ARROWS_PLAIN
  // Where there are many, each is only a shade of all of them.
  const alpha = isDense ? Math.max(0.12, (0.9 * ARROWS_PLAIN) / (end - first)) : 0.9
  // More than can be told apart are drawn as a sample from all over the picture, never as its beginning only.
  const stride = isDense && hit === null ? Math.ceil((end - first) / ARROWS_MAX) : 1
  const drawn = new Set<string>()
  for (let index = first; index < end; index += stride) {
    const arrow = arrows[index] as (typeof arrows)[number]
    const isHit = hit === null || hit[arrow.sentAt] === 1
    const [from, to] = [places.get(arrow.from), places.get(arrow.to)]
    if (from === undefined || to === undefined || (isDense && !isHit)) continue
    const x = scene.xOf(arrow.sentAt)
    const key = `${arrow.from.key}>${arrow.to.key}@${Math.round(x / 2)}`
    if (drawn.has(key)) continue
    drawn.add(key)
    pen.globalAlpha = isHit ? (hit === null ? alpha : 0.9) : 0.08
    const arrived = Number.isFinite(arrow.takenAt)
    const target = { x: arrived ? scene.xOf(arrow.takenAt) : x, y: centre(scene, to) }
    drawArrow(pen, { x, y: centre(scene, from) }, target, { arrived, plain: !isDense || (hit !== null && isHit) }, colours)
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
    const index = app.links.indexOf(each.seq)
    const placed = places.get(app.laneOf[index] as Lane)
    return placed === undefined ? [] : [{ x: scene.xOf(index), y: centre(scene, placed) }]
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

/** Index of the first arrow that was not sent before a position. */
function firstSentAt(arrows: readonly Arrow[], position: number): number {
  let low = 0
  let high = arrows.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((arrows[middle]?.sentAt ?? 0) < position) low = middle + 1
    else high = middle
  }
  return low
}
