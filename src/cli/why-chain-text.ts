/** How it came to this, link by link: what was recorded and what is inferred look different. */
import { bytesText } from './figures.ts'
import { formatEntry } from './format-entry.ts'
import { nameTones, type Paint } from './paint.ts'
import { displayWidth } from './text.ts'
import type { WhyData } from './why-data.ts'
import { wrap } from './wrap.ts'

export interface WhyView {
  readonly width: number | null
  readonly paint: Paint
  readonly colour: boolean
  readonly nowMs: number
  readonly timeZone: string
  /** What the run is called in commands that are proposed. */
  readonly name: string
}

export function chainText(data: WhyData, view: WhyView): string[] {
  const { paint, width } = view
  if (data.chain.length === 0) return []
  const toneOf = nameTones()
  const options = { width: width === null ? null : width - 3, colour: view.colour, timeZone: view.timeZone, toneOf }
  const lines = data.chain.flatMap((each, index) => {
    if (isTick(data.chain, index))
      return isTick(data.chain, index + 1) ? [] : [paint('faint', `   ⋮ and so on, back to #${each.entry.seq}`)]
    return [
      ` ${LINKS[each.link ?? 'none']} ${formatEntry(each.entry, options)}`,
      ...(each.why === null ? [] : wrap(`     ┄ inferred: ${each.why}`, width, 7).map((line) => paint('faint', line))),
    ]
  })
  const gone =
    data.asked === null && data.status === 'orphaned' ? [paint('bad', `     runtime lost: nothing came after #${data.log.last_seq}`)] : []
  // What was in flight is only the likeliest place to look.
  const guess = gone.length > 0 ? [paint('faint', `     ┄ inferred: ${orphanGuess(data)}`)] : []
  const full =
    gone.length > 0 && data.log.free_bytes !== null
      ? wrap(
          `     ┄ inferred: the disk of its log has ${bytesText(data.log.free_bytes)} left now: it may have had no room to go on`,
          width,
          7,
        )
      : []
  const cut = data.chain_is_cut ? [`   … further back: ramure why ${view.name} ${data.chain.at(-1)?.entry.seq}`] : []
  const title = data.asked === null ? (data.life === 'live' ? 'what it is at' : 'how it came to this') : `how it came to #${data.asked}`
  return [heading(title, '─ recorded  ┄ inferred', view), ...gone, ...full.map((line) => paint('faint', line)), ...guess, ...lines, ...cut]
}

/** True for what a program does at intervals, after it was shown twice. */
function isTick(chain: WhyData['chain'], index: number): boolean {
  const before = chain.slice(Math.max(0, index - TICKS_SHOWN), index + 1)
  return before.length > TICKS_SHOWN && before.every(({ entry: { type } }) => type === 'timer_set' || type === 'timer_fired')
}

const TICKS_SHOWN = 4

const LINKS = { recorded: '─', inferred: '┄', none: ' ' } as const

function orphanGuess({ in_flight: open }: WhyData): string {
  return open.length > 0 ? 'the newest thing in flight was this' : 'nothing was in flight; this was the last entry'
}

/** The title at the left, the legend at the right where there is room. */
function heading(title: string, legend: string, { paint, width }: WhyView): string {
  const gap = Math.max(3, Math.min(width ?? 100, 100) - displayWidth(title) - displayWidth(legend))
  return `${paint('strong', title)}${' '.repeat(gap)}${paint('faint', legend)}`
}
