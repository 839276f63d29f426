/** The timeline: lanes over time on a canvas, moved by wheel, drag and keys. The list beside it says the same in words. */
import type { Lane } from '../lanes.ts'
import { sinceText, spanText } from '../units.ts'
import { visible } from '../visible.ts'
import type { App } from './app.ts'
import { type Colours, readColours } from './colours.ts'
import { el, sheet } from './dom.ts'
import { drawAxis } from './draw-axis.ts'
import { drawLanes, drawNames } from './draw-lanes.ts'
import { drawMarks } from './draw-marks.ts'
import { laneAt, rowAt } from './hit.ts'
import { AXIS_HEIGHT, type Scene, sceneOf } from './scene.ts'

/** Lanes on paper, pixels. */
const PRINTED_HEIGHT_MAX = 3000

export interface TimelineView {
  readonly element: HTMLElement
  /** Takes the colours of the theme again. */
  recolour(): void
}

export function timelineView(app: App): TimelineView {
  const canvas = el('canvas', {
    tabindex: '0',
    role: 'img',
    'aria-label': 'Timeline of the run; the list of entries says the same in words',
  })
  const tip = el('div', { class: 'tip', hidden: true })
  const by = el('button', { type: 'button', class: 'chip by', title: 'o', onclick: () => app.toggleAxis() })
  const element = el('section', { class: 'timeline', 'aria-label': 'Timeline' }, canvas, by, tip)
  const paper = sheet(canvas)
  let colours: Colours = readColours()
  let scroll = 0
  let scene: Scene = sceneOf(app, 1, 1, 0)
  let shownSelected = -1

  const draw = (): void => {
    const { width, height } = paper.resize(app.printing ? Math.min(scene.total, PRINTED_HEIGHT_MAX) + AXIS_HEIGHT : 0)
    const isByTime = app.port.axis.by === 'time'
    by.textContent = isByTime ? 'by time' : 'by order'
    by.setAttribute('aria-label', isByTime ? 'Drawn by time; draw by order' : 'Drawn by order; draw by time')
    scene = sceneOf(app, width, height, scroll)
    if (app.selected !== shownSelected) scroll = scrolledTo(app.laneOf[app.selected], scene)
    shownSelected = app.selected
    scene = sceneOf(app, width, height, scroll)
    scroll = scene.scroll
    const { pen } = paper
    pen.fillStyle = colours.back
    pen.fillRect(0, 0, width, height)
    drawLanes(pen, app, scene, colours)
    drawAxis(pen, app, scene, colours)
    drawMarks(pen, app, scene, colours)
    drawNames(pen, scene, colours)
  }

  app.onChange(() => {
    draw()
    // As high as its lanes, as far as there is room: the observer below draws again when that changes anything.
    element.style.setProperty('--lanes-height', `${Math.min(scene.total, 4000) + AXIS_HEIGHT + 1}px`)
  })
  new ResizeObserver(() => app.changed()).observe(canvas)

  const pointer = (event: MouseEvent): { readonly x: number; readonly y: number } => {
    const box = canvas.getBoundingClientRect()
    return { x: event.clientX - box.left, y: event.clientY - box.top }
  }
  const scrollBy = (pixels: number): void => {
    scroll = Math.max(0, Math.min(scroll + pixels, scene.total - (scene.height - AXIS_HEIGHT)))
    app.changed()
  }
  canvas.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault()
      const { x } = pointer(event)
      const unit = event.deltaMode === 1 ? 16 : 1
      if (x < scene.gutter) return scrollBy(event.deltaY * unit)
      if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        return app.pan((((event.deltaX || event.deltaY) * unit) / (scene.width - scene.gutter)) * 1)
      }
      app.zoom(1.0016 ** (-event.deltaY * unit), scene.placeAt(x))
    },
    { passive: false },
  )
  watchDrag(canvas, {
    move: (dx, dy) => {
      app.pan(-dx / (scene.width - scene.gutter))
      scrollBy(-dy)
    },
    click: (event) => {
      const { x, y } = pointer(event)
      const index = rowAt(app, scene, x, y)
      if (index !== -1) app.select(index, { open: true, reveal: false })
    },
  })
  canvas.addEventListener('dblclick', (event) => {
    app.zoom(4, scene.placeAt(pointer(event).x))
  })
  canvas.addEventListener('pointermove', (event) => {
    const { x, y } = pointer(event)
    showTip(tip, event.buttons === 0 ? tipText(app, scene, x, y) : null, { x, y }, scene)
  })
  canvas.addEventListener('pointerleave', () => showTip(tip, null, { x: 0, y: 0 }, scene))
  return {
    element,
    recolour() {
      colours = readColours()
      app.changed()
    },
  }
}

/** A press that moves is a drag, one that does not a click. */
function watchDrag(canvas: HTMLCanvasElement, on: { move(dx: number, dy: number): void; click(event: PointerEvent): void }): void {
  let last: PointerEvent | null = null
  let moved = 0
  canvas.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return
    last = event
    moved = 0
    canvas.setPointerCapture(event.pointerId)
  })
  canvas.addEventListener('pointermove', (event) => {
    if (last === null) return
    const [dx, dy] = [event.clientX - last.clientX, event.clientY - last.clientY]
    moved += Math.abs(dx) + Math.abs(dy)
    if (moved < 4) return
    canvas.classList.add('dragged')
    on.move(dx, dy)
    last = event
  })
  const end = (event: PointerEvent): void => {
    if (last !== null && moved < 4 && event.type === 'pointerup') on.click(event)
    last = null
    canvas.classList.remove('dragged')
  }
  canvas.addEventListener('pointerup', end)
  canvas.addEventListener('pointercancel', end)
}

/** Where to scroll so that a lane is seen. */
function scrolledTo(lane: Lane | undefined, scene: Scene): number {
  const placed = lane === undefined ? undefined : scene.lanes.find((each) => each.lane === lane)
  if (placed === undefined) return scene.scroll
  const room = scene.height - AXIS_HEIGHT
  if (placed.top < scene.scroll) return placed.top
  if (placed.top + placed.height > scene.scroll + room) return placed.top + placed.height - room
  return scene.scroll
}

function tipText(app: App, scene: Scene, x: number, y: number): string | null {
  const row = app.links.rows[rowAt(app, scene, x, y)]
  if (row === undefined) {
    const placed = x < scene.gutter ? laneAt(scene, y) : null
    return placed === null ? null : `${visible(placed.lane.name)} · ${placed.lane.kind} · ${visible(placed.lane.scope)}`
  }
  const start = app.links.rows[0]?.timeMs ?? 0
  const closed = app.links.effectsOf(row).find((each) => each.closes === row.seq)
  const took = row.opens === 'none' ? '' : closed === undefined ? ' · not ended' : ` · ${spanText(closed.timeMs - row.timeMs)}`
  return visible(`#${row.seq} · ${sinceText(row.timeMs - start, app.port.stepMs)} · ${row.glyph} ${row.word}${took}\n${row.text}`)
}

function showTip(tip: HTMLElement, text: string | null, { x, y }: { readonly x: number; readonly y: number }, scene: Scene): void {
  tip.hidden = text === null
  if (text === null) return
  tip.textContent = text
  const left = x > scene.width / 2 ? x - tip.offsetWidth - 12 : x + 14
  tip.style.transform = `translate(${Math.max(4, left)}px, ${Math.min(y + 14, scene.height - tip.offsetHeight - 4)}px)`
}
