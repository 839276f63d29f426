/** Two runs side by side for people: where they first went apart, what else differs, and what each cost. */
import type { Entry } from '../log/events.ts'
import type { DiffData, ShownDifference } from './diff-data.ts'
import { costText, countText, durationText, plural, tokensText, UNKNOWN } from './figures.ts'
import { formatEntry } from './format-entry.ts'
import { GLYPHS } from './outcome-glyphs.ts'
import { nameTones, type Paint, type Tone } from './paint.ts'
import { table } from './table.ts'
import { cell, displayWidth, fit, plain } from './text.ts'
import { wrap } from './wrap.ts'

export interface DiffView {
  readonly width: number | null
  readonly paint: Paint
  readonly colour: boolean
  readonly timeZone: string
}

export function diffText(data: DiffData, view: DiffView): string {
  const blocks = [head(data, view), first(data, view), others(data, view), figures(data, view), next(data, view)]
  return blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')
}

function head(data: DiffData, { paint, width }: DiffView): string[] {
  const { a, b, same_count: same, compared, counts } = data
  if (data.same)
    return [
      isWhole(data)
        ? paint('good', `✔ ${a.name} and ${b.name} did the same`)
        : paint('warn', `? ${a.name} and ${b.name} did the same, as far as it can be told`),
      `  ${plural(same, 'decision and input', 'decisions and inputs')} in common`,
      ...notes(data, width),
    ]
  const parts = [
    counts.changed > 0 ? `${countText(counts.changed)} changed` : null,
    counts.reordered > 0 ? `${countText(counts.reordered)} in another order` : null,
    counts.only_a > 0 ? `${countText(counts.only_a)} only in ${a.name}` : null,
    counts.only_b > 0 ? `${countText(counts.only_b)} only in ${b.name}` : null,
    a.outcome === b.outcome ? null : 'another outcome',
    a.process === b.process ? null : 'another process',
  ].filter((part) => part !== null)
  return [
    paint('bad', `✗ ${a.name} and ${b.name} differ`),
    ...wrap(`  ${countText(same)} the same (of ${countText(compared.a)} and ${countText(compared.b)}) · ${parts.join(' · ')}`, width, 2),
    ...notes(data, width),
  ]
}

function isWhole({ a, b }: DiffData): boolean {
  return a.unreadable + b.unreadable === 0
}

/** What makes a difference less than it seems. */
function notes({ a, b }: DiffData, width: number | null): string[] {
  return (a.run === b.run ? [a] : [a, b]).flatMap(({ name, outcome: how, unreadable }) => [
    ...(how === 'running' ? wrap(`  ${name} goes on: this is how far it has come`, width, 2) : []),
    ...(unreadable > 0
      ? wrap(`  ${name} is damaged: what stood in ${plural(unreadable, 'stretch', 'stretches')} of its log is not compared`, width, 2)
      : []),
  ])
}

function first(data: DiffData, view: DiffView): string[] {
  if (data.first === null) return []
  const { kind, a, b, instead, scope } = data.first
  const after = data.prefix_count === 0 ? 'from the start' : `after ${plural(data.prefix_count, 'entry', 'entries')} that are the same`
  const title = `first difference, ${after}: ${KINDS[kind]}`
  return [
    ...wrap(title, view.width, 2).map((line) => view.paint('strong', line)),
    side(data.a.name, a ?? (kind === 'only_b' ? instead : null), data, view),
    side(data.b.name, b ?? (kind === 'only_a' ? instead : null), data, view),
    ...(scope === '' ? [] : [view.paint('faint', fitted(`  in ${plain(scope, 400)}`, view))]),
  ]
}

const KINDS = {
  changed: 'the same thing with other arguments',
  reordered: 'in another order',
  only_a: 'only in one',
  only_b: 'only in one',
} as const

/** A run's name, then what it did there. */
function side(name: string, entry: Entry | null, { a, b }: DiffData, view: DiffView): string {
  const columns = Math.min(24, Math.max(displayWidth(a.name), displayWidth(b.name)))
  const lead = `  ${cell(name, columns)} `
  return lead + entryText(entry, view, displayWidth(lead))
}

function entryText(entry: Entry | null, { width, colour, timeZone }: DiffView, used: number): string {
  if (entry === null) return '    — nothing like it'
  return formatEntry(entry, { width: width === null ? null : width - used, colour, timeZone, toneOf: nameTones() })
}

function others(data: DiffData, view: DiffView): string[] {
  const rest = data.shown.slice(1)
  const more = data.differences.length - data.shown.length
  if (rest.length === 0) return []
  const lines = rest.flatMap((each) => otherLines(each, view))
  return [view.paint('strong', 'and then'), ...lines, ...(more > 0 ? [`  and ${plural(more, 'more difference')}   (-n all)`] : [])]
}

function otherLines({ kind, a, b }: ShownDifference, view: DiffView): string[] {
  const line = (mark: keyof typeof MARKS, entry: Entry | null) => `  ${view.paint(MARKS[mark], mark)} ${entryText(entry, view, 4)}`
  switch (kind) {
    case 'only_a':
      return [line('-', a)]
    case 'only_b':
      return [line('+', b)]
    case 'reordered':
      return [line('~', a)]
    case 'changed':
      return [line('-', a), line('+', b)]
  }
}

const MARKS = { '-': 'bad', '+': 'good', '~': 'warn' } as const satisfies { readonly [mark: string]: Tone }

function figures(data: DiffData, view: DiffView): string[] {
  const { a, b, deltas } = data
  const rows = [
    ['', a.name, b.name, ''],
    ['outcome', outcome(a), outcome(b), ''],
    ['time', durationText(a.duration_ms), durationText(b.duration_ms), signed(deltas.duration_ms, durationText)],
    ['tokens', tokens(a), tokens(b), signed(deltas.tokens, tokensText)],
    ['cost', cost(a), cost(b), signed(deltas.cost_usd, costDelta)],
    ['calls', calls(a), calls(b), ''],
    ['entries', countText(a.events), countText(b.events), signed(deltas.events, countText)],
  ]
  const [title = '', ...lines] = table(
    rows,
    [{}, { max: 40, min: 12 }, { max: 40, min: 12 }, {}],
    view.width === null ? null : view.width - 2,
  )
  return [view.paint('faint', `  ${title}`), ...lines.map((line) => `  ${line}`)]
}

function costDelta(usd: number): string {
  return usd < 0.0001 ? 'less than $0.0001' : costText({ costNanoUsd: usd * 1e9, pricedCount: 1, unpricedCount: 0 })
}

type Totals = DiffData['a']

function outcome({ outcome: how }: Totals): string {
  return `${GLYPHS[how] ?? '●'} ${how.replace('_', ' ')}`
}

function tokens({ tokens: count }: Totals): string {
  return count === null ? UNKNOWN : tokensText(count)
}

function cost({ cost_usd: usd, unpriced }: Totals): string {
  return costText({ costNanoUsd: (usd ?? 0) * 1e9, pricedCount: usd === null ? 0 : 1, unpricedCount: unpriced })
}

function calls({ calls_ok: ok, calls_failed: failed }: Totals): string {
  return failed === 0 ? `${countText(ok)} answered` : `${countText(ok)} answered, ${countText(failed)} failed`
}

/** Nothing for no difference and for one that cannot be known. */
function signed(delta: number | null, text: (amount: number) => string): string {
  // Sums of prices differ in the last digit of the machine before they differ in money.
  return delta === null || Math.abs(delta) < 1e-9 ? '' : `${delta > 0 ? '+' : '−'}${text(Math.abs(delta))}`
}

function next({ first: found, a, b }: DiffData, { paint }: DiffView): string[] {
  if (found === null) return []
  const commands = [
    ...(found.a === null ? [] : [`ramure why ${a.name} ${found.a.seq}`]),
    ...(found.b === null ? [] : [`ramure why ${b.name} ${found.b.seq}`]),
  ]
  return [paint('strong', 'next'), ...commands.map((command) => `   ${command}`)]
}

function fitted(line: string, { width }: DiffView): string {
  return width === null ? line : fit(line, width)
}
