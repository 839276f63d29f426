/** What `ramure gc` says to people. */
import type { Removal } from '../log/gc.ts'
import type { Found, GcPlan, Kept, Odd } from '../log/gc-plan.ts'
import { bytesText, durationText, plural, UNKNOWN } from './figures.ts'
import { GLYPHS } from './outcome-glyphs.ts'
import type { Paint } from './paint.ts'
import { table } from './table.ts'
import { fit, plain } from './text.ts'

/** What `ramure gc` is going to do, and to what it has no right. */
export interface GcView extends GcPlan {
  readonly keep: string
  readonly odd: readonly Odd[]
  readonly leftovers: readonly string[]
}

interface Page {
  readonly output: { readonly width: number | null; readonly paint: Paint }
  now(): number
}

/** The plan; `isWanted` says that it is about to be carried out. */
export function planText(page: Page, view: GcView, isWanted: boolean): string {
  const { width } = page.output
  const cut = (text: string): string => (width === null ? text : fit(text, width))
  return [...removeLines(page, view, isWanted), ...restLines(view).map(cut), ...(isWanted ? [] : nextLines(view).map(cut))].join('\n')
}

/** What became of the plan. */
export function doneText(removed: readonly Removal[]): string {
  const done = removed.filter(({ outcome }) => outcome === 'removed')
  const bytes = done.reduce((sum, each) => sum + each.bytes, 0)
  const others = removed.flatMap(({ run, outcome, why }) => {
    if (outcome === 'removed') return []
    if (outcome === 'gone') return [`   ${run} was removed by somebody else meanwhile`]
    return [
      ` ${outcome === 'failed' ? '✗' : '·'} ${run} ${outcome === 'failed' ? 'could not be removed' : 'stays'}: ${plain(why ?? '', 400)}`,
    ]
  })
  const written = done.length === 0 ? '' : '; written down in gc.jsonl beside them'
  return [`removed ${plural(done.length, 'run')}, ${bytesText(bytes)}${written}`, ...others].join('\n')
}

function removeLines({ output, now }: Page, { remove, keep }: GcView, isWanted: boolean): string[] {
  if (remove.length === 0) return [`nothing to remove: no run has been over for more than ${keep}`]
  const rows = remove.map((each) => [
    `  ${each.run}`,
    plain(each.process ?? UNKNOWN, 40),
    howText(each),
    ageText(each, now()),
    bytesText(each.bytes),
  ])
  const right = { align: 'right' } as const
  const lines = table([['  RUN', 'PROCESS', 'HOW', 'AGE', 'SIZE'], ...rows], [{}, { max: 20, min: 4 }, {}, right, right], output.width)
  const head = `${isWanted ? 'removing' : 'would remove'} ${plural(remove.length, 'run')}, ${bytesText(sum(remove))}, over for more than ${keep}`
  return [head, ...lines.map((line, index) => (index === 0 ? output.paint('faint', line) : line))]
}

function restLines({ kept, odd, leftovers }: GcView): string[] {
  const lines: string[] = []
  if (kept.length > 0)
    lines.push(
      `keeps ${plural(kept.length, 'run')}, ${bytesText(sum(kept))}: ${WHYS.flatMap(([why, words]) => countOf(kept, why, words)).join(', ')}`,
    )
  for (const each of kept.filter(({ why }) => why === 'unknown writer'))
    lines.push(`  ${each.run}: its lock names a process that cannot be looked at from here`)
  for (const { name, why } of odd) lines.push(`leaves alone ${plain(name, 100)}: ${why}`)
  if (leftovers.length > 0)
    lines.push(`finishes ${plural(leftovers.length, 'removal')} that ${leftovers.length === 1 ? 'was' : 'were'} interrupted`)
  return lines
}

const WHYS: readonly (readonly [Kept['why'], string])[] = [
  ['live', 'live'],
  ['unknown writer', 'of an unknown writer'],
  ['young', 'younger'],
  ['failed', 'failed'],
]

function countOf(kept: readonly Kept[], wanted: Kept['why'], words: string): string[] {
  const count = kept.filter(({ why }) => why === wanted).length
  return count === 0 ? [] : [`${count} ${words}`]
}

function nextLines({ remove, leftovers, keep }: GcView): string[] {
  if (remove.length === 0 && leftovers.length === 0) return []
  return [`nothing is removed yet  ramure gc --keep ${keep} --yes`]
}

function howText({ how }: Found): string {
  return `${GLYPHS[how] ?? '?'} ${how.replace('_', ' ')}`
}

function ageText({ lastMs }: Found, nowMs: number): string {
  return durationText(Math.max(0, nowMs - lastMs))
}

function sum(runs: readonly Found[]): number {
  return runs.reduce((bytes, each) => bytes + each.bytes, 0)
}
