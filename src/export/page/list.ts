/** Entries in words, one line each. Only the lines that are seen exist, whatever the run's length. */
import type { Row } from '../row.ts'
import { countText, sinceText } from '../units.ts'
import { visible } from '../visible.ts'
import type { App } from './app.ts'
import { el, fill } from './dom.ts'

const ROW_HEIGHT = 24
const SPARE_ROWS = 6
/** Browsers draw no element that is higher than some 16 million pixels: beyond, a pixel of scrolling is more than one. */
const HEIGHT_MAX = 15_000_000

export function listView(app: App): HTMLElement {
  const count = el('span', { class: 'count', role: 'status' })
  const detail = el('button', { class: 'chip', type: 'button', 'aria-pressed': 'false', title: 'd', onclick: () => app.toggleDetail() })
  const spacer = el('div', { class: 'spacer' })
  const body = el('div', { class: 'rows' })
  const scroller = el('div', { class: 'scroller', role: 'listbox', tabindex: '0', 'aria-label': 'Entries' }, spacer, body)
  const pool: HTMLElement[] = []
  let lastSelected = -1
  let isAtEnd = true

  const scaleOf = (): number => Math.max(1, (app.shown.length * ROW_HEIGHT) / HEIGHT_MAX)
  const draw = (): void => {
    const total = app.shown.length * ROW_HEIGHT
    const scale = scaleOf()
    spacer.style.height = `${total / scale}px`
    if (app.selected !== lastSelected) revealSelected(app, scroller, scale)
    else if (app.summary.live && isAtEnd && app.selected === -1) scroller.scrollTop = scroller.scrollHeight
    lastSelected = app.selected
    const top = Math.max(0, Math.min(scroller.scrollTop * scale, total - scroller.clientHeight))
    const first = Math.max(0, Math.floor(top / ROW_HEIGHT) - SPARE_ROWS)
    const many = Math.min(app.shown.length - first, Math.ceil(scroller.clientHeight / ROW_HEIGHT) + SPARE_ROWS * 2)
    body.style.transform = `translateY(${scroller.scrollTop + first * ROW_HEIGHT - top}px)`
    while (pool.length < many) pool.push(body.appendChild(newRow(app)))
    for (const [nth, line] of pool.entries()) {
      line.hidden = nth >= many
      if (nth < many) drawRow(app, line, app.shown[first + nth] ?? 0, first + nth)
    }
    const chosen = app.links.rows[app.selected]
    if (chosen === undefined) scroller.removeAttribute('aria-activedescendant')
    else scroller.setAttribute('aria-activedescendant', `row-${chosen.seq}`)
    const all = app.links.rows.length
    count.textContent = `${countText(app.shown.length)} of ${countText(all)} ${all === 1 ? 'entry' : 'entries'}`
    detail.textContent = app.showsDetail ? 'details shown' : 'details folded'
    detail.setAttribute('aria-pressed', String(app.showsDetail))
  }
  app.onChange(draw)
  scroller.addEventListener('scroll', () => {
    isAtEnd = scroller.scrollTop + scroller.clientHeight >= scroller.scrollHeight - ROW_HEIGHT
    app.changed()
  })
  new ResizeObserver(() => app.changed()).observe(scroller)
  return el('section', { class: 'list', 'aria-label': 'Entries' }, el('div', { class: 'bar' }, count, detail), scroller)
}

function newRow(app: App): HTMLElement {
  const cells = ['seq', 'time', 'who', 'what', 'text', 'side'].map((name) => el('span', { class: name }))
  const line = el('div', { class: 'row', role: 'option' }, ...cells)
  line.addEventListener('click', () => app.select(Number(line.dataset['index']), { open: true }))
  return line
}

function drawRow(app: App, line: HTMLElement, index: number, nth: number): void {
  const row = app.links.rows[index] as Row
  const isChosen = index === app.selected
  line.setAttribute('aria-selected', String(isChosen))
  line.setAttribute('aria-posinset', String(nth + 1))
  line.setAttribute('aria-setsize', String(app.shown.length))
  if (line.dataset['index'] === String(index)) return
  line.dataset['index'] = String(index)
  line.id = `row-${row.seq}`
  line.dataset['tone'] = row.tone
  const start = app.links.rows[0]?.timeMs ?? 0
  const texts = [`#${row.seq}`, sinceText(row.timeMs - start, app.stepMs), whoOf(row), `${row.glyph} ${row.word}`, row.text, row.side]
  for (const [cell, text] of texts.entries()) {
    const element = line.children[cell]
    if (element) fill(element, visible(text))
  }
}

/** The agent, else the process it happened in. */
export function whoOf(row: Row): string {
  if (row.type === 'message') return row.from ?? processName(row.scope)
  return row.agent ?? processName(row.scope)
}

function processName(scope: string): string {
  const segments = scope.split('/').filter((segment) => segment !== '' && !segment.startsWith('on:'))
  return segments.at(-1)?.replace(/#\d+$/, '') ?? 'run'
}

function revealSelected(app: App, scroller: HTMLElement, scale: number): void {
  const nth = app.shown.indexOf(app.selected)
  if (nth === -1) return
  const top = nth * ROW_HEIGHT
  const [from, room] = [scroller.scrollTop * scale, scroller.clientHeight]
  if (top >= from && top + ROW_HEIGHT <= from + room) return
  const isNear = Math.abs(top - from) < room + ROW_HEIGHT * 3
  scroller.scrollTop = (isNear ? (top < from ? top : top + ROW_HEIGHT - room) : top - room / 2) / scale
}
