import { styleText } from 'node:util'

export type Tone = 'good' | 'bad' | 'warn' | 'info' | 'strong' | 'faint' | 'none' | NameTone
/** For names: none of them means something. */
type NameTone = 'name0' | 'name1' | 'name2' | 'name3' | 'name4' | 'name5'
export type Paint = (tone: Tone, text: string) => string

/** Colours text by what it means, or leaves it alone; nothing is said by colour only. */
export function painter(colour: boolean): Paint {
  if (!colour) return (_tone, text) => text
  return (tone, text) => {
    const style = STYLES[tone]
    return style === null || text === '' ? text : styleText(style, text, { validateStream: false })
  }
}

/** Tones for names: each name keeps its own, nearly always the same one; two share one only when all are taken. */
export function nameTones(): (name: string) => Tone {
  const given = new Map<string, NameTone>()
  return (name) => {
    const known = given.get(name)
    if (known) return known
    const first = NAME_TONES.indexOf(toneFor(name))
    const free = NAME_TONES.map((_tone, index) => NAME_TONES[(first + index) % NAME_TONES.length] as NameTone)
    const tone = free.find((each) => ![...given.values()].includes(each)) ?? toneFor(name)
    // Names are as many as a run has agents: those after the first thousand are not remembered.
    if (given.size < 1000) given.set(name, tone)
    return tone
  }
}

const NAME_TONES = ['name0', 'name1', 'name2', 'name3', 'name4', 'name5'] as const

function toneFor(name: string): NameTone {
  let sum = 0
  for (const char of name) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) >>> 0
  return NAME_TONES[sum % NAME_TONES.length] as NameTone
}

const STYLES = {
  good: 'green',
  bad: 'red',
  warn: 'yellow',
  info: 'cyan',
  strong: 'bold',
  faint: 'dim',
  none: null,
  name0: 'blue',
  name1: 'magenta',
  name2: 'blueBright',
  name3: 'magentaBright',
  name4: 'cyanBright',
  name5: 'greenBright',
} as const
