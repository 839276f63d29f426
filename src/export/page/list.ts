/** Entries in words, one line each. Only the lines that are seen exist, whatever the run's length. */
import type { Row } from '../row.ts'
import { countText, sinceText } from '../units.ts'
import { visible } from '../visible.ts'
import type { App } from './app.ts'
import type { DataTexts } from './data-texts.ts'
import { el, fill } from './dom.ts'
import { lowerBound } from './lower-bound.ts'

const ROW_HEIGHT = 24
const SPARE_ROWS = 6
/** Browsers draw no element that is higher than some 16 million pixels: beyond, a pixel of scrolling is more than one. */
const HEIGHT_MAX = 15_000_000
/** Lines on paper. */
const PRINTED_MAX = 1000
/** Lines that are kept when fewer are seen. */
const POOL_MAX = 200

export interface ListView {
  readonly element: HTMLElement
  readonly filter: HTMLInputElement
}

export function listView(app: App): ListView {
  const filter = el('input', {
    type: 'search',
    placeholder: 'filter: words, agent:builder, is:failed, -not',
    'aria-label': 'Filter entries',
    autocomplete: 'off',
    spellcheck: 'false',
    oninput: () => app.setFilter(filter.value),
  })
  const count = el('span', { class: 'count', role: 'status' })
  const detail = el('button', { class: 'chip', type: 'button', 'aria-pressed': 'false', title: 'd', onclick: () => app.toggleDetail() })
  const none = el('p', { class: 'nothing', hidden: true })
  const spacer = el('div', { class: 'spacer' })
  const body = el('div', { class: 'rows' })
  const scroller = el('div', { class: 'scroller', role: 'listbox', tabindex: '0', 'aria-label': 'Entries' }, spacer, body)
  const pool: HTMLElement[] = []
  let lastSelected = -1
  let isAtEnd = true

  const scaleOf = (): number => Math.max(1, (app.found.shown.length * ROW_HEIGHT) / HEIGHT_MAX)
  const draw = (): void => {
    const total = app.found.shown.length * ROW_HEIGHT
    const scale = scaleOf()
    body.style.setProperty('--seq-chars', `${widestSeq(app)}ch`)
    body.style.setProperty('--time-chars', `${widestTime(app)}ch`)
    spacer.style.height = `${total / scale}px`
    if (app.selected !== lastSelected) revealSelected(app, scroller, scale)
    else if (app.summary.live && isAtEnd && app.selected === -1) scroller.scrollTop = scroller.scrollHeight
    lastSelected = app.selected
    const top = Math.max(0, Math.min(scroller.scrollTop * scale, total - scroller.clientHeight))
    const first = app.printing ? 0 : Math.max(0, Math.floor(top / ROW_HEIGHT) - SPARE_ROWS)
    const room = app.printing ? PRINTED_MAX : Math.ceil(scroller.clientHeight / ROW_HEIGHT) + SPARE_ROWS * 2
    const many = Math.min(app.found.shown.length - first, room)
    for (const line of pool.splice(Math.max(many, POOL_MAX))) line.remove()
    body.style.transform = app.printing ? '' : `translateY(${scroller.scrollTop + first * ROW_HEIGHT - top}px)`
    while (pool.length < many) pool.push(body.appendChild(newRow(app)))
    for (const [nth, line] of pool.entries()) {
      line.hidden = nth >= many
      if (nth < many) drawRow(app, line, app.found.shown[first + nth] ?? 0, first + nth)
    }
    const chosen = app.links.rows[app.selected]
    if (chosen === undefined) scroller.removeAttribute('aria-activedescendant')
    else scroller.setAttribute('aria-activedescendant', `row-${chosen.seq}`)
    count.textContent = countOf(app)
    none.hidden = app.found.shown.length > 0
    none.textContent = emptyText(app)
    detail.textContent = app.found.showsDetail ? 'details shown' : 'details folded'
    detail.setAttribute('aria-pressed', String(app.found.showsDetail))
  }
  app.onChange(draw)
  scroller.addEventListener('scroll', () => {
    isAtEnd = scroller.scrollTop + scroller.clientHeight >= scroller.scrollHeight - ROW_HEIGHT
    app.changed()
  })
  new ResizeObserver(() => app.changed()).observe(scroller)
  const find = el('div', { class: 'find' }, el('kbd', {}, '/'), filter)
  const element = el(
    'section',
    { class: 'list', 'aria-label': 'Entries' },
    el('div', { class: 'bar' }, find, count, detail),
    none,
    scroller,
  )
  return { element, filter }
}

/** How many there are; with a filter, how many it found, where among them one stands, and what it could not look at yet. */
function countOf({ found, links, data, selected }: App): string {
  const all = `${countText(links.rows.length)} ${links.rows.length === 1 ? 'entry' : 'entries'}`
  if (found.query === null) return `${countText(found.shown.length)} of ${all}`
  const folded = found.hitsCount - found.shown.length
  const nth = found.has(selected) ? lowerBound(found.shown, selected) + 1 : 0
  return [
    `${countText(found.hitsCount)} of ${all} match`,
    folded > 0 ? `${countText(folded)} of them folded` : null,
    nth > 0 ? `at ${countText(nth)} of ${countText(found.shown.length)}` : null,
    found.query.looksAtData ? readingText(data, links.rows.length) : null,
  ]
    .filter((part) => part !== null)
    .join(' · ')
}

function widestSeq({ links }: App): number {
  return `#${links.rows.at(-1)?.seq ?? 0}`.length
}

function widestTime(app: App): number {
  const { rows } = app.links
  return sinceText((rows.at(-1)?.timeMs ?? 0) - (rows[0]?.timeMs ?? 0), app.port.stepMs).length
}

/** Why nothing is listed. */
function emptyText({ found, links, data, summary }: App): string {
  if (links.rows.length === 0) return summary.live ? 'Nothing has been recorded yet.' : 'Nothing was recorded.'
  if (found.query === null) return 'All there is are details: d shows them.'
  if (found.hitsCount > 0) return 'All that match are folded details: d shows them.'
  return found.query.looksAtData && data.readCount < links.rows.length
    ? 'Nothing matches so far.'
    : 'Nothing matches. Esc clears the filter.'
}

function readingText({ readCount, isFull }: DataTexts, rowsCount: number): string | null {
  if (readCount >= rowsCount) return null
  if (isFull) return `the data of the first ${countText(readCount)} was looked at`
  return `reading their data … ${Math.floor((100 * readCount) / rowsCount)} %`
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
  line.setAttribute('aria-setsize', String(app.found.shown.length))
  if (line.dataset['index'] === String(index)) return
  line.dataset['index'] = String(index)
  line.id = `row-${row.seq}`
  line.dataset['tone'] = row.tone
  const start = app.links.rows[0]?.timeMs ?? 0
  const texts = [`#${row.seq}`, sinceText(row.timeMs - start, app.port.stepMs), whoOf(row), `${row.glyph} ${row.word}`, row.text, row.side]
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
  const nth = app.found.shown.indexOf(app.selected)
  if (nth === -1) return
  const top = nth * ROW_HEIGHT
  const [from, room] = [scroller.scrollTop * scale, scroller.clientHeight]
  if (top >= from && top + ROW_HEIGHT <= from + room) return
  const isNear = Math.abs(top - from) < room + ROW_HEIGHT * 3
  scroller.scrollTop = (isNear ? (top < from ? top : top + ROW_HEIGHT - room) : top - room / 2) / scale
}
