/** Draws the axis: times since the start of the run or numbers of entries, and what was left out of it. */
import type { PlacedGap } from '../axis.ts'
import { sinceText, spanText, stepOf } from '../units.ts'
import type { App } from './app.ts'
import { type Colours, FONT_SMALL } from './colours.ts'
import { AXIS_HEIGHT, type Scene } from './scene.ts'

type Pen = CanvasRenderingContext2D

const TICK_PIXELS_MIN = 90

/** Times or numbers, above the lanes. */
export function drawAxis(pen: Pen, app: App, scene: Scene, colours: Colours): void {
  pen.font = FONT_SMALL
  pen.textBaseline = 'middle'
  pen.textAlign = 'left'
  const gaps = placeGaps(pen, app, scene)
  pen.fillStyle = colours.panel
  pen.fillRect(scene.gutter, 0, scene.width - scene.gutter, AXIS_HEIGHT)
  pen.fillStyle = colours.line
  pen.fillRect(scene.gutter, AXIS_HEIGHT - 1, scene.width - scene.gutter, 1)
  pen.fillStyle = colours.text
  for (const { label, left } of gaps) pen.fillText(label, left, AXIS_HEIGHT / 2)
  for (const { x, label } of ticks(app, scene)) {
    pen.fillStyle = colours.line
    pen.fillRect(x, AXIS_HEIGHT - 7, 1, 7)
    const [left, right] = [x + 4, x + 4 + pen.measureText(label).width]
    const isFree = gaps.every((gap) => gap.label === '' || left > gap.right + 4 || right < gap.left - 4)
    pen.fillStyle = colours.muted
    if (isFree && right <= scene.width - 4) pen.fillText(label, left, AXIS_HEIGHT / 2)
  }
}

/** Lines at the ticks, behind what went on. */
export function drawGrid(pen: Pen, app: App, scene: Scene, colours: Colours): void {
  pen.fillStyle = colours.line
  for (const { x } of ticks(app, scene)) pen.fillRect(x, AXIS_HEIGHT, 1, scene.height)
}

/** Stretches without any entry are hatched; what went on meanwhile is drawn over them. */
export function drawGaps(pen: Pen, app: App, scene: Scene, colours: Colours): void {
  for (const { from, to } of placeGaps(pen, app, scene)) {
    pen.fillStyle = colours.panel
    pen.fillRect(from, AXIS_HEIGHT, to - from, scene.height)
    hatch(pen, from, to, scene.height, colours)
  }
}

interface Tick {
  readonly x: number
  readonly label: string
}

function ticks(app: App, scene: Scene): Generator<Tick, void> {
  return app.port.axis.by === 'time' ? timeTicks(app, scene) : orderTicks(app, scene)
}

function* timeTicks(app: App, scene: Scene): Generator<Tick, void> {
  const { links } = app
  const { axis, view } = app.port
  const start = links.rows[0]?.timeMs ?? 0
  const step = stepOf(((view.to - view.from) / (scene.width - scene.gutter)) * TICK_PIXELS_MIN)
  const endMs = Math.min(axis.msAt(view.to), links.rows.at(-1)?.timeMs ?? start)
  let lastX = Number.NEGATIVE_INFINITY
  for (let at = Math.max(0, Math.ceil((axis.msAt(view.from) - start) / step) * step); start + at <= endMs; ) {
    const gap = axis.gaps.find(({ fromMs, toMs }) => start + at > fromMs && start + at < toMs)
    if (gap !== undefined) {
      at = Math.max(at + step, Math.ceil((gap.toMs - start) / step) * step)
      continue
    }
    const x = scene.xAt(axis.placeOfMs(start + at))
    if (x - lastX >= TICK_PIXELS_MIN * 0.7) {
      yield { x: Math.round(x), label: sinceText(at, step) }
      lastX = x
    }
    at += step
  }
}

/** The number of the entry that stands there. */
function* orderTicks(app: App, scene: Scene): Generator<Tick, void> {
  const { links } = app
  const { view } = app.port
  const step = roundStep(((view.to - view.from) / (scene.width - scene.gutter)) * TICK_PIXELS_MIN)
  const [from, to] = [Math.max(0, scene.positionAt(scene.gutter)), Math.min(scene.last, scene.positionAt(scene.width))]
  // Numbers begin at 1: the fifth entry stands at the index 4.
  for (let nth = Math.ceil((from + 1) / step) * step; nth - 1 <= to; nth += step) {
    const row = links.rows[nth - 1]
    if (row !== undefined) yield { x: Math.round(scene.xOf(nth - 1)), label: `#${row.seq}` }
  }
}

/** 1, 2, 5, 10, 20 …: the first that is at least `count`. */
function roundStep(count: number): number {
  const power = 10 ** Math.max(0, Math.floor(Math.log10(count)))
  return [1, 2, 5, 10].map((times) => times * power).find((step) => step >= count) ?? power * 10
}

interface PlacedLabel {
  readonly from: number
  readonly to: number
  /** Where its label stands; an empty one had no room. */
  readonly label: string
  readonly left: number
  readonly right: number
}

/** Stretches without any entry say how long they really were: those that stand close together as one. */
function placeGaps(pen: Pen, app: App, scene: Scene): PlacedLabel[] {
  let lastRight = Number.NEGATIVE_INFINITY
  pen.font = FONT_SMALL
  const seen = app.port.axis.gaps.filter((gap) => gap.to > app.port.view.from && gap.from < app.port.view.to)
  return neighbours(scene, seen).flatMap((gaps) => {
    const [first, last] = [gaps[0] as PlacedGap, gaps.at(-1) as PlacedGap]
    const label = `╱╱ ${spanText(last.toMs - first.fromMs)}`
    const width = pen.measureText(label).width
    const middle = (scene.xAt(first.from) + scene.xAt(last.to)) / 2
    const left = Math.min(Math.max(scene.gutter + 4, middle - width / 2), scene.width - width - 4)
    const placed = gaps.map((gap) => ({ from: scene.xAt(gap.from), to: scene.xAt(gap.to), label: '', left: 0, right: 0 }))
    if (left < lastRight + 8) return placed
    lastRight = left + width
    return placed.map((gap, index) => (index === 0 ? { ...gap, label, left, right: left + width } : gap))
  })
}

/** Gaps with hardly anything between them. */
const NEAR_PIXELS = 12

function neighbours(scene: Scene, gaps: readonly PlacedGap[]): PlacedGap[][] {
  const groups: PlacedGap[][] = []
  for (const gap of gaps) {
    const last = groups.at(-1)
    const before = last?.at(-1)
    if (before !== undefined && scene.xAt(gap.from) - scene.xAt(before.to) < NEAR_PIXELS) last?.push(gap)
    else groups.push([gap])
  }
  return groups
}

function hatch(pen: Pen, from: number, to: number, height: number, colours: Colours): void {
  pen.save()
  pen.beginPath()
  pen.rect(from, AXIS_HEIGHT, to - from, height - AXIS_HEIGHT)
  pen.clip()
  pen.strokeStyle = colours.line
  pen.lineWidth = 1
  pen.beginPath()
  for (let x = from - height; x < to; x += 8) {
    pen.moveTo(x, height)
    pen.lineTo(x + height, 0)
  }
  pen.stroke()
  pen.restore()
}
