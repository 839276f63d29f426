/** The colours of the style sheet, for what is drawn and not styled. */
import type { Kind } from '../row.ts'

export interface Colours {
  readonly back: string
  readonly panel: string
  readonly stripe: string
  readonly line: string
  readonly text: string
  readonly muted: string
  readonly accent: string
  readonly accentSoft: string
  readonly good: string
  readonly bad: string
  readonly warn: string
  readonly turn: string
  readonly kinds: { readonly [K in Kind]: string }
  readonly onKind: string
}

/** Reads them again after the theme has changed. */
export function readColours(): Colours {
  const style = getComputedStyle(document.documentElement)
  const of = (name: string): string => style.getPropertyValue(`--${name}`).trim() || '#888'
  return {
    back: of('back'),
    panel: of('panel'),
    stripe: of('stripe'),
    line: of('line'),
    text: of('text'),
    muted: of('muted'),
    accent: of('accent'),
    accentSoft: of('accent-soft'),
    good: of('good'),
    bad: of('bad'),
    warn: of('warn'),
    turn: of('turn'),
    kinds: {
      none: of('muted'),
      tool: of('kind-tool'),
      own_tool: of('kind-own'),
      turn: of('turn'),
      effect: of('kind-effect'),
      endpoint: of('kind-endpoint'),
      process: of('muted'),
      agent: of('muted'),
      message: of('accent'),
    },
    onKind: of('on-kind'),
  }
}

export const FONT = '12px ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif'
export const FONT_SMALL = '11px ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif'
