import { styleText } from 'node:util'

export type Tone = 'good' | 'bad' | 'warn' | 'info' | 'strong' | 'faint' | 'none'
export type Paint = (tone: Tone, text: string) => string

/** Colours text by what it means, or leaves it alone; nothing is said by colour only. */
export function painter(colour: boolean): Paint {
  if (!colour) return (_tone, text) => text
  return (tone, text) => {
    const style = STYLES[tone]
    return style === null || text === '' ? text : styleText(style, text, { validateStream: false })
  }
}

const STYLES = { good: 'green', bad: 'red', warn: 'yellow', info: 'cyan', strong: 'bold', faint: 'dim', none: null } as const
