/** What the keys do and what the picture means. */
import { el } from './dom.ts'

const KEYS: readonly (readonly [keys: string, meaning: string])[] = [
  ['j  k  ↓  ↑', 'next, previous entry'],
  ['PgDn  PgUp  Home  End', 'further, first, last'],
  ['Enter', 'open the entry'],
  ['Esc', 'close, then clear the filter'],
  ['/', 'filter; Enter goes to the first match'],
  ['n  N', 'next, previous match, round and round'],
  ['c  e', 'go to its cause, to what it led to'],
  ['p  P', 'next, previous problem'],
  ['+  −  0', 'zoom in, out, whole run'],
  ['h  l  ←  →', 'move in time'],
  ['d', 'show or fold details'],
  ['o', 'by time, or by order with the same room for each'],
  ['g', 'idle stretches short or as long as they were'],
  ['t', 'light, dark, as the system'],
  ['?', 'this'],
]

const PICTURE: readonly (readonly [sign: string, meaning: string])[] = [
  ['bar', 'a call, from its start to its answer; ✗ failed; … not answered yet'],
  ['band', 'a turn of an agent'],
  ['arrow', 'a message, from who sent it to when it was taken up; a hollow end was not'],
  ['✗ ▲ ●', 'what failed, warns, went well'],
  ['✔ ✗ ■ ● ?', 'before a name: ended well, failed, was ended, goes on, has no recorded end'],
  ['╱╱ 4m', 'nothing was recorded for that long; drawn short'],
  ['dashes', 'the chain of causes of the chosen entry'],
]

const MOUSE: readonly (readonly [action: string, meaning: string])[] = [
  ['wheel', 'zoom at the pointer; over the names: scroll'],
  ['drag, shift+wheel', 'move'],
  ['click', 'open what is there'],
]

/** Opens and closes with `toggle`; Esc closes it. */
export function helpView(): { readonly element: HTMLDialogElement; toggle(): void } {
  const close = el('button', { type: 'button', class: 'icon', 'aria-label': 'Close' }, '✕')
  const element = el(
    'dialog',
    { class: 'help', 'aria-label': 'Help' },
    el('header', {}, el('h2', {}, 'Keys'), close),
    table(KEYS, 'kbd'),
    el('h2', {}, 'Mouse'),
    table(MOUSE, 'span'),
    el('h2', {}, 'The picture'),
    table(PICTURE, 'span'),
    el(
      'p',
      {},
      'A filter is words that must all be there, in any order, in the line of an entry or in its data; “agent:”, “type:”, “scope:”, “by:”, “is:failed” and “is:problem” look at one field, “*” stands for any letters, “-” in front turns a term around.',
    ),
  )
  close.addEventListener('click', () => element.close())
  return { element, toggle: () => (element.open ? element.close() : element.showModal()) }
}

function table(lines: readonly (readonly [string, string])[], tag: 'kbd' | 'span'): HTMLElement {
  return el(
    'dl',
    {},
    ...lines.flatMap(([left, right]) => [el('dt', {}, ...left.split('  ').map((part) => el(tag, {}, part))), el('dd', {}, right)]),
  )
}
