/** Draws lanes, their names and bars. Whatever is narrower than a pixel is drawn once per pixel, however many there are. */
import { firstEndingAfter, type Lane, type Track } from '../lanes.ts'
import { visible } from '../visible.ts'
import type { App } from './app.ts'
import { type Colours, FONT, FONT_SMALL } from './colours.ts'
import { drawGaps, drawGrid } from './draw-axis.ts'
import { AXIS_HEIGHT, endX, GUTTER, type PlacedLane, type Scene, seenLanes, TRACK_HEIGHT, trackTop, yOf } from './scene.ts'

type Pen = CanvasRenderingContext2D

export function drawLanes(pen: Pen, app: App, scene: Scene, colours: Colours): void {
  pen.save()
  pen.beginPath()
  pen.rect(0, AXIS_HEIGHT, scene.width, scene.height - AXIS_HEIGHT)
  pen.clip()
  const lanes = seenLanes(scene)
  for (const [index, placed] of lanes.entries()) drawBack(pen, scene, placed, colours, index)
  drawGaps(pen, app, scene, colours)
  drawGrid(pen, app, scene, colours)
  for (const placed of lanes) {
    drawLife(pen, scene, placed, colours)
    drawTurns(pen, scene, placed, colours)
    for (const [track, calls] of placed.lane.calls.entries()) {
      drawTrack(pen, app, scene, calls, yOf(scene, placed) + trackTop(track), colours)
    }
  }
  pen.restore()
}

/** Names go over everything that was drawn too far to the left. */
export function drawNames(pen: Pen, scene: Scene, colours: Colours): void {
  pen.fillStyle = colours.panel
  pen.fillRect(0, 0, scene.gutter, scene.height)
  pen.save()
  pen.beginPath()
  pen.rect(0, AXIS_HEIGHT, scene.gutter - 8, scene.height - AXIS_HEIGHT)
  pen.clip()
  for (const placed of seenLanes(scene)) drawName(pen, scene, placed, colours)
  pen.restore()
  pen.fillStyle = colours.line
  pen.fillRect(scene.gutter - 1, 0, 1, scene.height)
}

function drawName(pen: Pen, scene: Scene, placed: PlacedLane, colours: Colours): void {
  const { lane } = placed
  const middle = yOf(scene, placed) + Math.min(placed.height / 2, 14)
  const isNarrow = scene.gutter < GUTTER
  // Where there is no room, a name says more than how deep it stands.
  const left = isNarrow ? 8 + Math.min(lane.depth, 3) * 4 : 12 + lane.depth * 12
  const badge = lane.problemsCount === 0 ? '' : isNarrow ? String(lane.problemsCount) : `✗ ${lane.problemsCount}`
  pen.textBaseline = 'middle'
  pen.font = FONT_SMALL
  const badgeWidth = badge === '' ? 0 : pen.measureText(badge).width + 8
  pen.fillStyle = colours.bad
  pen.textAlign = 'right'
  if (badge !== '') pen.fillText(badge, scene.gutter - 10, middle)
  pen.textAlign = 'left'
  pen.fillStyle = stateColour(lane, scene, colours)
  pen.fillText(stateGlyph(lane, scene), left, middle)
  pen.font = lane.kind === 'agent' ? FONT : `600 ${FONT}`
  pen.fillStyle = colours.text
  pen.fillText(fitted(pen, visible(lane.name), scene.gutter - left - 16 - 10 - badgeWidth), left + 16, middle)
}

function stateGlyph(lane: Lane, { live }: Scene): string {
  if (lane.to === Number.POSITIVE_INFINITY) return live ? '●' : '?'
  return lane.ok === false ? '✗' : lane.ok === true ? '✔' : '■'
}

function stateColour(lane: Lane, { live }: Scene, colours: Colours): string {
  if (lane.to === Number.POSITIVE_INFINITY) return live ? colours.accent : colours.warn
  return lane.ok === false ? colours.bad : lane.ok === true ? colours.good : colours.muted
}

function drawBack(pen: Pen, scene: Scene, placed: PlacedLane, colours: Colours, index: number): void {
  const y = yOf(scene, placed)
  if (index % 2 === 0) {
    pen.fillStyle = colours.stripe
    pen.fillRect(scene.gutter, y, scene.width - scene.gutter, placed.height)
  }
  pen.fillStyle = colours.line
  pen.fillRect(scene.gutter, y + placed.height - 1, scene.width - scene.gutter, 1)
}

/** From its beginning to its end: a thin line at the bottom of the lane. */
function drawLife(pen: Pen, scene: Scene, placed: PlacedLane, colours: Colours): void {
  const { lane } = placed
  const y = yOf(scene, placed) + placed.height - 4
  const from = Math.max(scene.gutter, scene.xOf(lane.from))
  const isOpen = lane.to === Number.POSITIVE_INFINITY
  const to = endX(scene, lane.to)
  if (to < scene.gutter || from > scene.width) return
  pen.fillStyle = lane.ok === false ? colours.bad : colours.muted
  pen.globalAlpha = 0.45
  pen.fillRect(from, y, Math.max(1, to - from), 2)
  pen.globalAlpha = 1
  if (!isOpen && to < scene.width) pen.fillRect(to - 1, y - 3, 2, 8)
}

function drawTurns(pen: Pen, scene: Scene, placed: PlacedLane, colours: Colours): void {
  const y = yOf(scene, placed)
  pen.fillStyle = colours.turn
  eachBar(scene, placed.lane.turns, (_index, x, width) => {
    pen.fillRect(x, y + 2, Math.max(1, width), placed.height - 7)
  })
}

function drawTrack(pen: Pen, app: App, scene: Scene, track: Track, y: number, colours: Colours): void {
  const chosen = app.links.rows[app.selected]?.seq ?? 0
  eachBar(scene, track, (index, x, width) => {
    const seq = track.seq[index] ?? 0
    const isHit = app.found.hit === null || isRowHit(app, seq) || isRowHit(app, track.closedBy[index] ?? 0)
    pen.globalAlpha = isHit ? 1 : 0.16
    drawBar(pen, track, index, { x, y: y + 1, width: Math.max(1.5, width - 1), height: TRACK_HEIGHT - 3 }, colours)
    pen.globalAlpha = 1
    if (chosen !== 0 && (chosen === seq || chosen === track.closedBy[index])) {
      pen.strokeStyle = colours.accent
      pen.lineWidth = 2
      pen.strokeRect(x - 1, y, Math.max(3, width + 1), TRACK_HEIGHT - 1)
    }
  })
}

interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** A bar says what it is in words where there is room; what failed has a ✗ and a mark at its end, what is open has no end. */
function drawBar(pen: Pen, track: Track, index: number, { x, y, width, height }: Box, colours: Colours): void {
  const failed = track.ok[index] === false
  const isOpen = track.to[index] === Number.POSITIVE_INFINITY
  pen.fillStyle = failed ? colours.bad : colours.kinds[track.kind[index] ?? 'none']
  pen.beginPath()
  if (width > 6) pen.roundRect(x, y, width, height, isOpen ? [3, 0, 0, 3] : 3)
  else pen.rect(x, y, width, height)
  pen.fill()
  if (width < 28) return
  pen.font = FONT_SMALL
  pen.textBaseline = 'middle'
  pen.textAlign = 'left'
  pen.fillStyle = colours.onKind
  const label = `${failed ? '✗ ' : ''}${visible(track.label[index] ?? '')}${isOpen ? ' …' : ''}`
  const text = fitted(pen, label, width - 10)
  if (text.length > 1) pen.fillText(text, x + 5, y + height / 2 + 0.5)
}

function isRowHit(app: App, seq: number): boolean {
  const index = seq === 0 ? -1 : app.links.indexOf(seq)
  return index !== -1 && app.found.hit?.[index] === 1
}

/** Calls back with the bars that are seen, at most about one per column. */
function eachBar(scene: Scene, track: Track, draw: (index: number, x: number, width: number) => void): void {
  const end = scene.positionAt(scene.width)
  let index = firstEndingAfter(track, scene.positionAt(scene.gutter))
  while (index < track.from.length && (track.from[index] ?? 0) <= end) {
    const from = Math.max(scene.gutter - 4, scene.xOf(track.from[index] ?? 0))
    const to = endX(scene, track.to[index] ?? 0)
    draw(index, from, to - from)
    // The next one that reaches past this column.
    index = Math.max(index + 1, to - from < 1 ? firstEndingAfter(track, scene.positionAt(from + 1)) : index + 1)
  }
}

/** `text` as far as it fits into so many pixels. */
function fitted(pen: Pen, text: string, width: number): string {
  if (width <= 0) return ''
  if (pen.measureText(text).width <= width) return text
  let low = 0
  let high = Math.min(text.length, Math.ceil(width / 3))
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (pen.measureText(`${text.slice(0, middle)}…`).width <= width) low = middle
    else high = middle - 1
  }
  return low === 0 ? '' : `${text.slice(0, low).trimEnd()}…`
}
