/** One entry whole: what it says, what led to it, what it led to, and its data. */
import type { Row } from '../row.ts'
import { countText, sinceText, spanText } from '../units.ts'
import { visible } from '../visible.ts'
import type { App } from './app.ts'
import type { WholeEntry } from './blocks.ts'
import { el, fill } from './dom.ts'
import { whoOf } from './list.ts'
import { pretty } from './pretty.ts'

const SHOWN_MAX = 40

export function detailsView(app: App, read: (seq: number) => Promise<WholeEntry | null>): HTMLElement {
  const element = el('aside', { class: 'details', hidden: true, 'aria-label': 'Entry' })
  let shownSeq = 0
  let shownEffects = -1
  app.onChange(() => {
    const row = app.links.rows[app.selected]
    element.hidden = !app.opened || row === undefined
    document.body.classList.toggle('with-details', !element.hidden)
    if (element.hidden || row === undefined) {
      shownSeq = 0
      return
    }
    const effects = app.links.effectsOf(row)
    if (row.seq === shownSeq && effects.length === shownEffects) return
    if (row.seq !== shownSeq) element.scrollTop = 0
    shownSeq = row.seq
    shownEffects = effects.length
    const data = el('div', { class: 'data', 'aria-busy': 'true' })
    fill(element, ...head(app, row), ...chains(app, row, effects), data)
    void read(row.seq).then((entry) => shownSeq === row.seq && fillData(data, entry))
  })
  return element
}

function head(app: App, row: Row): Node[] {
  const start = app.links.rows[0]?.timeMs ?? 0
  const said = el(
    'p',
    { class: 'said', 'data-tone': row.tone },
    visible(`${row.glyph} ${row.word}`),
    row.text === '' ? null : el('span', {}, visible(` ${row.text}`)),
  )
  return [
    el(
      'header',
      {},
      el('h2', {}, `#${row.seq}`, el('span', { class: 'type' }, visible(row.type)), el('span', { class: 'who' }, visible(whoOf(row)))),
      copyButton('copy link', () => location.href),
      el('button', { class: 'icon', type: 'button', 'aria-label': 'Close (Esc)', title: 'Esc', onclick: () => app.close() }, '✕'),
    ),
    said,
    el(
      'p',
      { class: 'when' },
      `${sinceText(row.timeMs - start, app.port.stepMs)} after the start · ${new Date(row.timeMs).toISOString()}${tookText(app, row)}`,
    ),
  ]
}

function tookText(app: App, row: Row): string {
  const opened = row.closes === 0 ? undefined : app.links.rows[app.links.indexOf(row.closes)]
  if (opened !== undefined) return ` · took ${spanText(row.timeMs - opened.timeMs)}`
  if (row.opens === 'none') return ''
  const closed = app.links.effectsOf(row).find((each) => each.closes === row.seq)
  return closed === undefined ? ' · not ended' : ` · took ${spanText(closed.timeMs - row.timeMs)}`
}

function chains(app: App, row: Row, effects: readonly Row[]): Node[] {
  const causes = app.links.causesOf(row)
  return [
    ...chain(app, 'Caused by', causes),
    ...chain(app, 'Led to', effects),
    ...(causes.length === 0 && effects.length === 0
      ? [el('p', { class: 'none' }, 'No cause was recorded, and nothing names it as one.')]
      : []),
  ]
}

function chain(app: App, title: string, rows: readonly Row[]): Node[] {
  if (rows.length === 0) return []
  const more = rows.length > SHOWN_MAX ? el('p', { class: 'none' }, `and ${countText(rows.length - SHOWN_MAX)} more`) : null
  return [
    el('h3', {}, title, el('span', { class: 'count' }, countText(rows.length))),
    el('ol', { class: 'chain' }, ...rows.slice(0, SHOWN_MAX).map((row) => el('li', {}, entryLink(app, row)))),
    ...(more === null ? [] : [more]),
  ]
}

/** A link to an entry: it works as any other, also when it is copied. */
function entryLink(app: App, row: Row): HTMLElement {
  const link = el(
    'a',
    { href: `#e${row.seq}`, 'data-tone': row.tone },
    el('span', { class: 'seq' }, `#${row.seq}`),
    el('span', { class: 'who' }, visible(whoOf(row))),
    el('span', { class: 'text' }, visible(`${row.glyph} ${row.word} ${row.text}`)),
  )
  link.addEventListener('click', (event) => {
    event.preventDefault()
    app.select(app.links.indexOf(row.seq), { open: true })
  })
  return link
}

function fillData(element: HTMLElement, entry: WholeEntry | null): void {
  element.removeAttribute('aria-busy')
  if (entry === null) return fill(element, el('p', { class: 'none' }, 'Its line is not here.'))
  const { data, seq: _seq, type: _type, ...envelope } = entry
  const facts = Object.entries(envelope).flatMap(([name, value]) => [el('dt', {}, visible(name)), el('dd', {}, visible(String(value)))])
  fill(
    element,
    el(
      'h3',
      {},
      'Data',
      copyButton('copy JSON', () => JSON.stringify(entry, null, 2)),
    ),
    pretty(data),
    el('h3', {}, 'Entry'),
    el('dl', {}, ...facts),
  )
}

function copyButton(word: string, text: () => string): HTMLElement {
  const button = el('button', { class: 'chip', type: 'button' }, word)
  button.addEventListener('click', () => {
    const say = (answer: string): void => {
      button.textContent = answer
      setTimeout(() => (button.textContent = word), 1500)
    }
    // A browser may refuse a page that is a file.
    navigator.clipboard.writeText(text()).then(
      () => say('copied'),
      () => say('not allowed here'),
    )
  })
  return button
}
