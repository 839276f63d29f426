/** A value of an entry, whole and readable: fields under each other, texts of several lines as such. */
import { countText } from '../units.ts'
import { visible } from '../visible.ts'
import { el } from './dom.ts'

/** Texts and lists longer than this are folded. */
const CHARS_MAX = 4000
const ITEMS_MAX = 100
const DEPTH_OPEN = 3

export function pretty(value: unknown): HTMLElement {
  return el('div', { class: 'value' }, valueOf(value, 0))
}

function valueOf(value: unknown, depth: number): Node {
  if (typeof value === 'string') return textOf(value)
  if (typeof value !== 'object' || value === null) return el('span', { class: 'literal' }, String(value))
  const fields = Object.entries(value)
  const isList = Array.isArray(value)
  if (fields.length === 0) return el('span', { class: 'literal' }, isList ? '[ ]' : '{ }')
  const body = (): HTMLElement => fieldsOf(fields, depth, isList)
  if (depth === 0) return body()
  return folding(isList ? `${countText(fields.length)} items` : `{ ${fields.length} }`, depth < DEPTH_OPEN && fields.length <= 12, body)
}

function fieldsOf(fields: readonly (readonly [string, unknown])[], depth: number, isList: boolean): HTMLElement {
  const line = ([name, value]: readonly [string, unknown]): HTMLElement =>
    el('div', { class: 'field' }, el('span', { class: 'key' }, isList ? `[${name}]` : visible(name)), valueOf(value, depth + 1))
  const shown = fields.slice(0, ITEMS_MAX).map(line)
  const rest = fields.slice(ITEMS_MAX)
  if (rest.length > 0) shown.push(folding(`${countText(rest.length)} more`, false, () => el('div', {}, ...rest.map(line))))
  return el('div', { class: 'fields' }, ...shown)
}

function textOf(text: string): HTMLElement {
  const block = (shown: string): HTMLElement =>
    text.includes('\n') || text.length > 120 ? el('pre', {}, visible(shown)) : el('span', { class: 'text' }, visible(shown))
  if (text === '') return el('span', { class: 'literal' }, '""')
  if (text.length <= CHARS_MAX) return block(text)
  const holder = el('div', {}, block(`${text.slice(0, CHARS_MAX)}…`))
  const more = el('button', { class: 'chip', type: 'button' }, `show all ${countText(text.length)} characters`)
  more.addEventListener('click', () => holder.replaceChildren(block(text)))
  holder.append(more)
  return holder
}

/** Made when it is opened: what is inside may be large. */
function folding(summary: string, open: boolean, body: () => HTMLElement): HTMLElement {
  const element = el('details', {}, el('summary', {}, summary))
  const build = (): void => {
    if (element.childElementCount === 1) element.append(body())
  }
  element.addEventListener('toggle', () => element.open && build())
  if (open) build()
  element.open = open
  return element
}
