/** Draws the axis: times since the start of the run, and what was left out of it. */

import { sinceText, spanText, stepOf } from '../units.ts'
import type { App } from './app.ts'
import { type Colours, FONT_SMALL } from './colours.ts'
import { AXIS_HEIGHT, type Scene } from './scene.ts'

type Pen = CanvasRenderingContext2D

const TICK_PIXELS_MIN = 90

export function drawAxis(pen: Pen, app: App, scene: Scene, colours: Colours): void {
  pen.fillStyle = colours.panel
  pen.fillRect(scene.gutter, 0, scene.width - scene.gutter, AXIS_HEIGHT)
  pen.fillStyle = colours.line
  pen.fillRect(scene.gutter, AXIS_HEIGHT - 1, scene.width - scene.gutter, 1)
  pen.font = FONT_SMALL
  pen.textBaseline = 'middle'
  pen.textAlign = 'left'
  const start = app.links.rows[0]?.timeMs ?? 0
  for (const { x, label } of ticks(app, scene, start)) {
    pen.fillStyle = colours.line
    pen.fillRect(x, AXIS_HEIGHT - 7, 1, scene.height)
    pen.fillStyle = colours.muted
    pen.fillText(label, x + 4, AXIS_HEIGHT / 2)
  }
  drawGaps(pen, app, scene, colours)
}

function* ticks(app: App, scene: Scene, start: number): Generator<{ readonly x: number; readonly label: string }> {
  const pixels = scene.width - scene.gutter
  const step = stepOf(((app.view.to - app.view.from) / pixels) * TICK_PIXELS_MIN)
  const endMs = scene.timeAt(scene.width)
  let lastX = Number.NEGATIVE_INFINITY
  for (let at = Math.ceil((scene.timeAt(scene.gutter) - start) / step) * step; start + at <= endMs; ) {
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

/** A stretch without any entry is hatched and says how long it really was. */
function drawGaps(pen: Pen, app: App, scene: Scene, colours: Colours): void {
  const endMs = scene.timeAt(scene.width)
  const startMs = scene.timeAt(scene.gutter)
  let lastLabel = Number.NEGATIVE_INFINITY
  for (const gap of app.map.gaps) {
    if (gap.toMs < startMs || gap.fromMs > endMs) continue
    const [from, to] = [scene.xOf(gap.fromMs), scene.xOf(gap.toMs)]
    pen.fillStyle = colours.panel
    pen.globalAlpha = 0.9
    pen.fillRect(from, 0, to - from, scene.height)
    pen.globalAlpha = 1
    hatch(pen, from, to, scene.height, colours)
    const label = `╱╱ ${spanText(gap.toMs - gap.fromMs)}`
    const width = pen.measureText(label).width
    const x = Math.max(scene.gutter + 2, (from + to) / 2 - width / 2)
    if (x < lastLabel + 6) continue
    pen.fillStyle = colours.panel
    pen.fillRect(x - 3, 3, width + 6, AXIS_HEIGHT - 6)
    pen.fillStyle = colours.text
    pen.fillText(label, x, AXIS_HEIGHT / 2)
    lastLabel = x + width
  }
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
