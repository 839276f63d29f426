/** Starts the page: reads what it brings along, builds the views, goes to the entry that the address names. */
import { createApp } from './app.ts'
import { entryReader, linesAfter, readPacks, readSummary } from './blocks.ts'
import { detailsView } from './details.ts'
import { el, fill } from './dom.ts'
import { headerView, problemsView } from './header.ts'
import { helpView } from './help.ts'
import { watchKeys } from './keys.ts'
import { listView } from './list.ts'
import { followLive } from './live.ts'
import { watchPrint } from './print.ts'
import { stripView } from './strip.ts'
import { watchTheme } from './theme.ts'
import { timelineView } from './timeline.ts'

const root = document.getElementById('app') as HTMLElement
const isLive = root.dataset['live'] === 'true'
const app = createApp(readSummary(), linesAfter(isLive))

const strip = stripView(app)
const timeline = timelineView(app)
const help = helpView()
const theme = watchTheme(() => {
  strip.recolour()
  timeline.recolour()
})
const header = headerView(app, { theme: theme.next, help: help.toggle })
const list = listView(app)
const state = el('p', { class: 'live', role: 'status', hidden: !isLive })
const missing = el('p', { class: 'missing', role: 'status', hidden: true })
const foot = el('footer', {}, footText())

fill(
  root,
  header,
  problemsView(app),
  strip.element,
  el('main', {}, el('div', { class: 'left' }, timeline.element, list.element), detailsView(app, entryReader(isLive))),
  el('div', { class: 'foot' }, state, missing, foot),
  help.element,
)
watchKeys(app, { filter: list.filter, help, theme: theme.next })
watchPrint(app, theme)
watchAddress()

void start()

async function start(): Promise<void> {
  const packs = []
  for await (const packed of readPacks()) packs.push(packed)
  app.add(packs)
  app.fit()
  goToAddress()
  if (isLive) followLive(app, () => app.selected === -1 && goToAddress(), showLive)
  // After the frame that draws it.
  requestAnimationFrame(() => requestAnimationFrame(() => (document.documentElement.dataset['ready'] = 'true')))
}

function showLive(now: 'following' | 'ended' | 'lost'): void {
  state.dataset['state'] = now
  state.textContent = { following: '● live', ended: '■ the run has ended', lost: '✗ connection lost, trying again' }[now]
}

function footText(): string {
  const { secrets, ramure, exportedAt } = app.summary
  const made = isLive ? `ramure ${ramure}` : `ramure ${ramure} · exported ${exportedAt}`
  const masked = `${secrets.masked} ${secrets.masked === 1 ? 'secret' : 'secrets'} masked at write, ${secrets.found} found in a rescan`
  return isLive ? made : `${made} · ${masked}`
}

/** The address always names the chosen entry, so that it can be sent to somebody. */
function watchAddress(): void {
  addEventListener('hashchange', goToAddress)
  let shown = ''
  app.onChange(() => {
    const row = app.links.rows[app.selected]
    const wanted = row === undefined ? '' : `#e${row.seq}`
    if (wanted === shown || wanted === '') return
    shown = wanted
    missing.hidden = true
    if (location.hash !== wanted) history.replaceState(null, '', wanted)
  })
}

function goToAddress(): void {
  const [, seq] = /^#e(\d+)$/.exec(location.hash) ?? []
  const index = seq === undefined ? -1 : app.links.indexOf(Number(seq))
  if (index !== -1 && index !== app.selected) app.select(index, { open: true })
  if (isLive) return
  missing.hidden = seq === undefined || index !== -1
  missing.textContent = seq === undefined ? '' : `✗ there is no entry #${seq} in this run`
}
