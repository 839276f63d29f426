/** A value of an entry, whole and readable: fields under each other, texts of several lines as such. */
import { countText } from '../units.ts'
import { visible } from '../visible.ts'
import { el } from './dom.ts'

/** Texts and lists longer than this are folded. */
const CHARS_MAX = 4000
const ITEMS_MAX = 100
const DEPTH_OPEN = 3

export function pretty(value: unknown): HTMLElement {
  return el('div', { class: 'value' }, isNested(value) ? fieldsOf(value, 0) : leafOf(value))
}

type Nested = Readonly<Record<string, unknown>> | readonly unknown[]

/** With something inside: empty lists and objects are shown as they are. */
function isNested(value: unknown): value is Nested {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0
}

function leafOf(value: unknown): Node {
  if (typeof value === 'string') return textOf(value)
  if (Array.isArray(value)) return el('span', { class: 'literal' }, '[ ]')
  return el('span', { class: 'literal' }, typeof value === 'object' && value !== null ? '{ }' : String(value))
}

function fieldsOf(value: Nested, depth: number): HTMLElement {
  const isList = Array.isArray(value)
  const line = ([name, item]: readonly [string, unknown]): HTMLElement => fieldOf(isList ? `[${name}]` : visible(name), item, depth)
  const fields = Object.entries(value)
  const shown = fields.slice(0, ITEMS_MAX).map(line)
  const rest = fields.slice(ITEMS_MAX)
  if (rest.length > 0) shown.push(folding([`${countText(rest.length)} more`], false, () => el('div', {}, ...rest.map(line))))
  return el('div', { class: 'fields' }, ...shown)
}

function fieldOf(name: string, value: unknown, depth: number): HTMLElement {
  const key = el('span', { class: 'key' }, name)
  if (!isNested(value)) return el('div', { class: 'field' }, key, leafOf(value))
  const count = Object.keys(value).length
  const size = Array.isArray(value) ? `[ ${countText(count)} ]` : `{ ${countText(count)} }`
  return folding([key, ` ${size}`], depth + 1 < DEPTH_OPEN && count <= 12, () => fieldsOf(value, depth + 1))
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
function folding(summary: readonly (Node | string)[], open: boolean, body: () => HTMLElement): HTMLElement {
  const element = el('details', {}, el('summary', {}, ...summary))
  const build = (): void => {
    if (element.childElementCount === 1) element.append(body())
  }
  element.addEventListener('toggle', () => element.open && build())
  if (open) build()
  element.open = open
  return element
}
