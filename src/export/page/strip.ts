/** The whole run in one strip: how much happened when, what it cost so far, and which part of it is seen below. */
import { costText, countText } from '../units.ts'
import type { App } from './app.ts'
import { type Colours, FONT_SMALL, readColours } from './colours.ts'
import { el, sheet } from './dom.ts'
import { gutterOf } from './scene.ts'

export interface StripView {
  readonly element: HTMLElement
  recolour(): void
}

export function stripView(app: App): StripView {
  const canvas = el('canvas', { role: 'img', 'aria-label': 'Events and cost over the whole run' })
  const element = el('section', { class: 'strip', 'aria-label': 'The whole run' }, canvas)
  const paper = sheet(canvas)
  let colours = readColours()
  const still = document.createElement('canvas')
  let drawn = ''
  app.onChange(() => {
    const size = paper.resize()
    // All of the run is looked at only when it, or what is asked of it, has changed: not while somebody moves through it.
    const wanted = [
      size.width,
      size.height,
      app.links.rows.length,
      app.port.axis.length,
      app.port.axis.by,
      app.found.text,
      app.found.hitsCount,
      colours.back,
      app.summary.costNanoUsd,
    ].join(' ')
    if (drawn !== wanted) {
      drawStrip(paper.pen, app, size, colours)
      still.width = canvas.width
      still.height = canvas.height
      still.getContext('2d', { alpha: false })?.drawImage(canvas, 0, 0)
    }
    drawn = wanted
    paper.pen.drawImage(still, 0, 0, size.width, size.height)
    drawWindow(paper.pen, app, areaOf(size), colours)
    canvas.setAttribute(
      'aria-label',
      `${countText(app.links.rows.length)} events over the run, cost ${costText(app.summary.costNanoUsd, app.summary.unpricedCount)}`,
    )
  })
  new ResizeObserver(() => app.changed()).observe(canvas)
  const moveTo = (event: PointerEvent): void => {
    const box = canvas.getBoundingClientRect()
    const gutter = gutterOf(box.width)
    const place = ((event.clientX - box.left - gutter) / (box.width - gutter)) * app.port.axis.length
    const half = (app.port.view.to - app.port.view.from) / 2
    app.look(place - half, place + half)
  }
  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId)
    moveTo(event)
  })
  canvas.addEventListener('pointermove', (event) => {
    if (event.buttons === 1) moveTo(event)
  })
  canvas.addEventListener('dblclick', () => app.fit())
  canvas.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault()
      app.zoom(1.0016 ** -event.deltaY)
    },
    { passive: false },
  )
  return {
    element,
    recolour() {
      colours = readColours()
      app.changed()
    },
  }
}

const BUCKET_PIXELS = 3

/** Where the picture is drawn: beside the words, above the lanes. */
interface Area {
  readonly left: number
  readonly width: number
  readonly height: number
}

function drawStrip(
  pen: CanvasRenderingContext2D,
  app: App,
  { width, height }: { readonly width: number; readonly height: number },
  colours: Colours,
): void {
  const area = areaOf({ width, height })
  const { left } = area
  pen.fillStyle = colours.panel
  pen.fillRect(0, 0, width, height)
  drawEvents(pen, app, area, colours)
  drawCost(pen, app, area, colours)
  pen.font = FONT_SMALL
  pen.textBaseline = 'middle'
  pen.textAlign = 'left'
  pen.fillStyle = colours.muted
  pen.fillText('▮ events', 12, height / 2 - 9)
  pen.fillStyle = colours.accent
  pen.fillText(`╱ cost ${costText(app.summary.costNanoUsd)}`, 12, height / 2 + 9)
  pen.fillStyle = colours.line
  pen.fillRect(left - 1, 0, 1, height)
}

function areaOf({ width, height }: { readonly width: number; readonly height: number }): Area {
  const left = gutterOf(width)
  return { left, width: Math.max(1, width - left), height }
}

function drawEvents(pen: CanvasRenderingContext2D, app: App, { left, width, height }: Area, colours: Colours): void {
  const buckets = new Uint32Array(Math.max(1, Math.floor(width / BUCKET_PIXELS)))
  const hits = new Uint32Array(buckets.length)
  const { hit } = app.found
  for (let index = 0; index < app.links.rows.length; index += 1) {
    const at = Math.min(buckets.length - 1, Math.floor(shareOf(app, app.port.axis.placeOf(index)) * buckets.length))
    buckets[at] = (buckets[at] ?? 0) + 1
    if (hit?.[index] === 1) hits[at] = (hits[at] ?? 0) + 1
  }
  const most = Math.max(1, ...buckets)
  const bar = (count: number): number => (count === 0 ? 0 : Math.max(1.5, (height - 6) * Math.sqrt(count / most)))
  for (const [index, count] of buckets.entries()) {
    const x = left + index * BUCKET_PIXELS
    pen.fillStyle = colours.muted
    pen.globalAlpha = hit === null ? 0.45 : 0.2
    pen.fillRect(x, height - bar(count), BUCKET_PIXELS - 1, bar(count))
    pen.globalAlpha = 1
    pen.fillStyle = colours.accent
    const found = hits[index] ?? 0
    if (found > 0) pen.fillRect(x, height - Math.max(8, bar(found)), BUCKET_PIXELS - 1, Math.max(8, bar(found)))
  }
}

/** The sum so far, as a line that only rises. */
function drawCost(pen: CanvasRenderingContext2D, app: App, { left, width, height }: Area, colours: Colours): void {
  const priced = app.links.rows.flatMap(({ costNano }, index) => (costNano === null ? [] : [{ index, costNano }]))
  const total = priced.reduce((sum, { costNano }) => sum + costNano, 0)
  if (total === 0) return
  const yAt = (sum: number): number => height - 2 - (height - 6) * (sum / total)
  let sum = 0
  let lastX = -1
  pen.strokeStyle = colours.accent
  pen.lineWidth = 1.75
  pen.beginPath()
  pen.moveTo(left, yAt(0))
  for (const row of priced) {
    const x = left + shareOf(app, app.port.axis.placeOf(row.index)) * width
    const isNew = x - lastX >= 0.5
    if (isNew) pen.lineTo(x, yAt(sum))
    sum += row.costNano
    if (isNew) pen.lineTo(x, yAt(sum))
    if (isNew) lastX = x
  }
  if (lastX > left) pen.lineTo(lastX, yAt(total))
  pen.lineTo(left + width, yAt(total))
  pen.stroke()
}

/** What is not seen is covered; the part that is seen has a frame. */
function drawWindow(pen: CanvasRenderingContext2D, app: App, { left, width, height }: Area, colours: Colours): void {
  const [from, to] = [Math.max(0, shareOf(app, app.port.view.from)) * width, Math.min(1, shareOf(app, app.port.view.to)) * width]
  if (to - from >= width - 0.5) return
  pen.fillStyle = colours.back
  pen.globalAlpha = 0.65
  pen.fillRect(left, 0, from, height)
  pen.fillRect(left + to, 0, width - to, height)
  pen.globalAlpha = 1
  pen.strokeStyle = colours.accent
  pen.lineWidth = 1.5
  pen.strokeRect(left + from + 0.75, 0.75, Math.max(2, to - from - 1.5), height - 1.5)
}

function shareOf(app: App, place: number): number {
  return place / app.port.axis.length
}
