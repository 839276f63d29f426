/** Draws the axis: times since the start of the run, and what was left out of it. */

import { sinceText, spanText, stepOf } from '../units.ts'
import type { App } from './app.ts'
import { type Colours, FONT_SMALL } from './colours.ts'
import { AXIS_HEIGHT, type Scene } from './scene.ts'

type Pen = CanvasRenderingContext2D

const TICK_PIXELS_MIN = 90

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
    pen.fillRect(x, AXIS_HEIGHT - 7, 1, scene.height)
    const isFree = gaps.every((gap) => gap.label === '' || x + 4 > gap.right + 4 || x + 4 + pen.measureText(label).width < gap.left - 4)
    pen.fillStyle = colours.muted
    if (isFree) pen.fillText(label, x + 4, AXIS_HEIGHT / 2)
  }
}

/** Stretches without any entry are hatched; what went on meanwhile is drawn over them. */
export function drawGaps(pen: Pen, app: App, scene: Scene, colours: Colours): void {
  for (const { from, to } of placeGaps(pen, app, scene)) {
    pen.fillStyle = colours.panel
    pen.fillRect(from, AXIS_HEIGHT, to - from, scene.height)
    hatch(pen, from, to, scene.height, colours)
  }
}

function* ticks(app: App, scene: Scene): Generator<{ readonly x: number; readonly label: string }> {
  const start = app.links.rows[0]?.timeMs ?? 0
  const pixels = scene.width - scene.gutter
  const step = stepOf(((app.view.to - app.view.from) / pixels) * TICK_PIXELS_MIN)
  const endMs = Math.min(scene.timeAt(scene.width), app.links.rows.at(-1)?.timeMs ?? start)
  let lastX = Number.NEGATIVE_INFINITY
  for (let at = Math.max(0, Math.ceil((scene.timeAt(scene.gutter) - start) / step) * step); start + at <= endMs; ) {
    const gap = app.map.gaps.find(({ fromMs, toMs }) => start + at > fromMs && start + at < toMs)
    if (gap !== undefined) {
      at = Math.max(at + step, Math.ceil((gap.toMs - start) / step) * step)
      continue
    }
    const x = scene.xOf(start + at)
    if (x - lastX >= TICK_PIXELS_MIN * 0.7) {
      yield { x: Math.round(x), label: sinceText(at, step) }
      lastX = x
    }
    at += step
  }
}

interface PlacedGap {
  readonly from: number
  readonly to: number
  /** Where its label stands; an empty one had no room. */
  readonly label: string
  readonly left: number
  readonly right: number
}

/** A stretch without any entry says how long it really was, unless the one before it stands there. */
function placeGaps(pen: Pen, app: App, scene: Scene): PlacedGap[] {
  const [startMs, endMs] = [scene.timeAt(scene.gutter), scene.timeAt(scene.width)]
  let lastRight = Number.NEGATIVE_INFINITY
  return app.map.gaps
    .filter((gap) => gap.toMs > startMs && gap.fromMs < endMs)
    .map((gap) => {
      const [from, to] = [scene.xOf(gap.fromMs), scene.xOf(gap.toMs)]
      const label = `╱╱ ${spanText(gap.toMs - gap.fromMs)}`
      const width = pen.measureText(label).width
      const left = Math.max(scene.gutter + 4, (from + to) / 2 - width / 2)
      if (left < lastRight + 8) return { from, to, label: '', left: 0, right: 0 }
      lastRight = left + width
      return { from, to, label, left, right: left + width }
    })
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
