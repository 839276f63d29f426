/** The top of the page: what run this is and how it went, the filter, and what went wrong before anything else. */
import type { Summary, SummaryProblem } from '../summary.ts'
import { costText, countText, spanText, tokensText } from '../units.ts'
import { visible } from '../visible.ts'
import type { App } from './app.ts'
import { el, fill } from './dom.ts'

const STATUS: { readonly [status: string]: readonly [glyph: string, tone: string] } = {
  running: ['●', 'info'],
  completed: ['✔', 'good'],
  failed: ['✗', 'bad'],
  timed_out: ['✗', 'bad'],
  orphaned: ['✗', 'bad'],
  cancelled: ['■', 'warn'],
  unknown: ['?', 'warn'],
  stuck: ['✗', 'bad'],
  endless: ['✗', 'bad'],
  killed: ['✗', 'bad'],
  log_dead: ['✗', 'bad'],
}

export function headerView(app: App, actions: { theme(): void; help(): void }): HTMLElement {
  const title = el('div', { class: 'title' })
  const facts = el('dl', { class: 'facts' })
  const buttons = el(
    'div',
    { class: 'buttons' },
    el(
      'button',
      { type: 'button', class: 'icon', title: 'whole run (0)', 'aria-label': 'Show the whole run', onclick: () => app.fit() },
      '⤢',
    ),
    el('button', { type: 'button', class: 'icon', title: 'light or dark (t)', 'aria-label': 'Light or dark', onclick: actions.theme }, '◐'),
    el('button', { type: 'button', class: 'icon', title: 'keys (?)', 'aria-label': 'Help', onclick: actions.help }, '?'),
  )
  let shown: Summary | null = null
  app.onChange(() => {
    if (app.summary === shown) return
    shown = app.summary
    fill(title, ...titleOf(app.summary))
    fill(facts, ...factsOf(app.summary))
    document.title = visible(`${glyphOf(app.summary)} ${app.summary.run} · ${app.summary.process ?? 'ramure'}`)
  })
  return el('header', { class: 'top' }, title, facts, buttons)
}

function glyphOf({ status }: Summary): string {
  return STATUS[status]?.[0] ?? '?'
}

function titleOf(summary: Summary): Node[] {
  const [glyph, tone] = STATUS[summary.status] ?? ['?', 'warn']
  return [
    el('h1', {}, visible(summary.run)),
    el('span', { class: 'process' }, visible(summary.process ?? 'no process')),
    el('span', { class: 'badge', 'data-tone': tone }, visible(`${glyph} ${summary.status.replace('_', ' ')}`)),
  ]
}

function factsOf(summary: Summary): Node[] {
  const { startedAt, endedAt, live } = summary
  const ended = endedAt ?? (live ? summary.exportedAt : null)
  const took = startedAt === null || ended === null ? null : Math.max(0, Date.parse(ended) - Date.parse(startedAt))
  const facts: [string, string][] = [
    ['time', spanText(took)],
    ['entries', countText(summary.entriesCount)],
    ['agents', countText(summary.agentsCount)],
    ['tokens', tokensText(summary.tokens)],
    ['cost', costText(summary.costNanoUsd, summary.unpricedCount)],
  ]
  return facts.map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value)))
}

const PROBLEMS_SHOWN = 3

/** Nothing is shown for a run without problems but a word that says so. */
export function problemsView(app: App): HTMLElement {
  const element = el('section', { class: 'problems', 'aria-label': 'Problems' })
  let shown: Summary | null = null
  let isOpen = false
  const draw = (): void => {
    const { problems, problemsDroppedCount, unreadable, unreadableCount } = app.summary
    const all: Node[] = [
      ...unreadable.map((text) =>
        el('li', { 'data-tone': 'bad' }, el('span', { class: 'kind' }, '✗ unreadable'), el('span', {}, visible(text))),
      ),
      ...problems.map((problem) => problemLine(app, problem)),
    ]
    const total = problems.length + problemsDroppedCount + unreadableCount
    const more = el(
      'button',
      { type: 'button', class: 'chip', 'aria-expanded': String(isOpen) },
      isOpen ? 'fewer' : `all ${countText(all.length)}`,
    )
    more.addEventListener('click', () => {
      isOpen = !isOpen
      draw()
    })
    element.classList.toggle('none', total === 0)
    element.classList.toggle('open', isOpen)
    fill(
      element,
      el('h2', {}, total === 0 ? '✔ no problems' : `${countText(total)} ${total === 1 ? 'problem' : 'problems'}`),
      total === 0 ? resultOf(app.summary) : el('ul', {}, ...(isOpen || app.printing ? all : all.slice(0, PROBLEMS_SHOWN))),
      all.length > PROBLEMS_SHOWN ? more : null,
    )
  }
  let isPrinted = false
  app.onChange(() => {
    if (app.summary === shown && app.printing === isPrinted) return
    shown = app.summary
    isPrinted = app.printing
    draw()
  })
  return element
}

function resultOf({ result }: Summary): HTMLElement | null {
  return result === null ? null : el('span', { class: 'result' }, visible(`→ ${result.slice(0, 300)}`))
}

const WARNINGS = new Set(['warning', 'unanswered', 'unregistered', 'unapplied', 'disconnected', 'send_refused'])

function problemLine(app: App, { kind, who, message, seq }: SummaryProblem): HTMLElement {
  const warns = WARNINGS.has(kind)
  const link = el(
    'a',
    { href: `#e${seq}` },
    el('span', { class: 'kind' }, `${warns ? '!' : '✗'} ${kind.replaceAll('_', ' ')}`),
    el('span', { class: 'who' }, visible(who.split('/').at(-1) || 'run')),
    el('span', { class: 'text' }, visible(message)),
    el('span', { class: 'seq' }, `#${seq}`),
  )
  link.addEventListener('click', (event) => {
    event.preventDefault()
    app.select(app.links.indexOf(seq), { open: true })
  })
  return el('li', { 'data-tone': warns ? 'warn' : 'bad' }, link)
}
