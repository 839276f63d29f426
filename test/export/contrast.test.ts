/** The colours of the page, as WCAG 2.2 counts them: text has 4.5:1 on what it stands on, and what one has to see has 3:1. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const style = readFileSync('src/export/page/page.css', 'utf8')
const light = variablesOf(/^:root \{([^}]*)\}/m)
const THEMES = { light, dark: { ...light, ...variablesOf(/^:root\[data-theme="dark"\] \{([^}]*)\}/m) } }

const TEXTS = ['text', 'muted', 'accent', 'good', 'bad', 'warn']
const GROUNDS = ['back', 'panel', 'stripe']
const MARKS = ['kind-tool', 'kind-own', 'kind-effect', 'kind-endpoint', 'bad', 'good', 'warn', 'accent', 'edge']
const BARS = ['kind-tool', 'kind-own', 'kind-effect', 'kind-endpoint', 'bad']

it.for(['light', 'dark'] as const)('in %s colours every text can be read', (theme) => {
  const pairs = [
    ...TEXTS.flatMap((text) => GROUNDS.map((ground) => [text, ground] as const)),
    ...['text', 'bad', 'warn', 'muted'].map((text) => [text, 'bad-soft'] as const),
    ...['text', 'muted', 'accent', 'bad'].map((text) => [text, 'accent-soft'] as const),
    ...BARS.map((bar) => ['on-kind', bar] as const),
  ]
  expect(pairs.filter(([text, ground]) => contrast(theme, text, ground) < 4.5).map((pair) => `${pair.join(' on ')}`)).toEqual([])
})

it.for(['light', 'dark'] as const)('in %s colours every mark can be seen', (theme) => {
  const pairs = MARKS.flatMap((mark) => GROUNDS.map((ground) => [mark, ground] as const))
  expect(pairs.filter(([mark, ground]) => contrast(theme, mark, ground) < 3).map((pair) => pair.join(' on '))).toEqual([])
})

type Variables = { readonly [name: string]: string }

function variablesOf(block: RegExp): Variables {
  const [, body = ''] = block.exec(style) ?? []
  return Object.fromEntries([...body.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6});/g)].map(([, name, value]) => [name ?? '', value ?? '']))
}

function contrast(theme: keyof typeof THEMES, one: string, other: string): number {
  const [dark, bright] = [one, other].map((name) => luminance(THEMES[theme][name] ?? name)).toSorted((a, b) => a - b) as [number, number]
  return (bright + 0.05) / (dark + 0.05)
}

function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255).map(linear) as [
    number,
    number,
    number,
  ]
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function linear(share: number): number {
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
}
