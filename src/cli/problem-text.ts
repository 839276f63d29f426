/** A problem in words. */
import type { Problem } from '../projections/attention.ts'
import { durationText } from './figures.ts'
import { displayWidth, fit, plain } from './text.ts'

interface Said extends Omit<Problem, 'kind'> {
  readonly kind: string
  /** Whether the process of the agent it is about lives, or null when that cannot be known; absent where nobody asks. */
  readonly alive?: boolean | null
}

export function kindText({ kind }: Pick<Said, 'kind'>): string {
  return kind.replace('_', ' ').toUpperCase()
}

export function problemText({ who, message, forMs, usualMs, alive }: Said): string {
  const usual = usualMs === undefined || usualMs === null ? '' : ` (its usual gap is ${durationText(usualMs)})`
  const lives = alive === undefined ? '' : `, process ${alive === null ? 'not to be seen from here' : alive ? 'alive' : 'gone'}`
  const lasts = forMs === null ? '' : `, for ${durationText(forMs)}`
  return `${who === '/' ? 'run' : plain(who)}: ${shortMessage(message)}${lasts}${usual}${lives}`
}

/** What an agent's process printed last may be a whole screen: blanks and lines drawn in it say nothing. */
function shortMessage(message: string): string {
  const text = plain(
    message
      .replace(/[\u2500-\u257f=_-]{4,}/g, ' ')
      .replace(/\s+/g, ' ')
      .trim(),
  )
  return displayWidth(text) <= MESSAGE_COLUMNS ? text : fit(text, MESSAGE_COLUMNS)
}

const MESSAGE_COLUMNS = 300
