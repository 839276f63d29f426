/** What `ramure verify` says to people. */
import { NEVER_BEGAN } from '../log/store-errors.ts'
import type { Damage } from '../log/verify-order.ts'
import type { Check, VerifyReport } from '../log/verify-report.ts'
import { bytesText, countText, plural } from './figures.ts'
import type { Paint } from './paint.ts'
import { table } from './table.ts'
import { fit, plain } from './text.ts'

/** A run that could not be looked at, in the report of `--all`. */
export interface Unlooked {
  readonly run: string
  readonly verdict: 'unknown'
  readonly why: string
}

/** How wide, and in which colours. */
interface Page {
  readonly width: number | null
  readonly paint: Paint
}

/** One run in full. */
export function reportText(report: VerifyReport, { width, paint }: Page): string {
  const isWhole = report.verdict === 'whole'
  const cut = (text: string): string => (width === null ? text : fit(text, width))
  const head = `${report.run}  ${isWhole ? '✔ whole' : `✗ damaged in ${plural(report.damageCount, 'place')}`}`
  const hidden = report.damageCount - report.damage.length
  return [
    paint(isWhole ? 'good' : 'bad', cut(head)),
    cut(`  ${countsText(report)}`),
    ...report.damage.map((damage) => paint('bad', cut(` ✗ ${damageText(damage)}`))),
    ...(hidden > 0 ? [cut(`   and ${plural(hidden, 'more place')}; --json has the first ${report.damage.length}`)] : []),
    ...factLines(report).map(([name, text]) => factText(name, cut(`  ${name.padEnd(9)} ${text}`), paint)),
  ].join('\n')
}

/** A line for each run. */
export function allText(reports: readonly (VerifyReport | Unlooked)[], { width, paint }: Page): string {
  if (reports.length === 0) return 'No runs.'
  const rows = reports.map((report) => [report.run, verdictText(report), entriesText(report), allDetail(report)])
  const bad = reports.filter(({ verdict }) => verdict !== 'whole').length
  const lines = table(rows, [{}, {}, { align: 'right' }, {}], width)
  const tinted = lines.map((line, index) => (reports[index]?.verdict === 'whole' ? line : paint('bad', line)))
  return [...tinted, bad === 0 ? `${plural(reports.length, 'run')}: all whole` : `${plural(reports.length, 'run')}: ${bad} not whole`].join(
    '\n',
  )
}

/** `line 20 (byte 5,123), seq 19 -> 21: it is not UTF-8 · 1 entry lost`. */
function damageText({ line, lines, certain, offset, after, before, lost, reason }: Damage): string {
  const last = line + Math.max(1, lines) - 1
  const where = last === line ? `line ${countText(line)}` : `${certain ? 'lines' : 'one of lines'} ${countText(line)}–${countText(last)}`
  const seqs = after === null && before === null ? '' : `, seq ${after ?? 'start'} -> ${before ?? 'end'}`
  const cost = lost === 0 ? '' : lost === null ? ' · how much is lost cannot be told' : ` · ${plural(lost, 'entry', 'entries')} lost`
  return `${where} (byte ${countText(offset)})${seqs}: ${plain(reason, 400)}${cost}`
}

function countsText({ entries, bytes, lines, outcome, live }: VerifyReport): string {
  const end =
    outcome !== null
      ? `ended: ${outcome}`
      : live === true
        ? 'still written'
        : live === null
          ? 'its writer cannot be looked at'
          : lines === 0
            ? `no entry: ${NEVER_BEGAN}`
            : 'no end: its runtime vanished'
  return `${plural(entries, 'entry', 'entries')} in their place · ${bytesText(bytes)} · ${end}`
}

function factLines(report: VerifyReport): readonly (readonly [string, string])[] {
  const { readable, blobs, kept, tornBytes, live } = report
  const facts: [string, string][] = []
  if (report.verdict === 'damaged')
    facts.push([
      'readable',
      readable.map(([first, last]) => (first === last ? countText(first) : `${countText(first)}–${countText(last)}`)).join(', ') ||
        'nothing',
    ])
  facts.push([
    'checksum',
    checkText(
      report.checksum,
      report.outcome === null ? 'none: the run has no end that could hold one' : 'none: recorded by a version that kept none',
    ),
  ])
  if (report.snapshot.result !== 'none') facts.push(['snapshot', checkText(report.snapshot, '')])
  if (blobs.referenced > 0) facts.push(['blobs', `${countText(blobs.whole)} of ${countText(blobs.referenced)} whole`])
  if (tornBytes > 0)
    facts.push([
      'torn',
      live === true
        ? `${bytesText(tornBytes)} of an entry that is being written`
        : `${bytesText(tornBytes)} of an entry that nobody was told of; the next writer sets them aside`,
    ])
  for (const { file, bytes } of kept) facts.push(['set aside', `${file}, ${bytesText(bytes)}`])
  if (report.verdict === 'damaged')
    facts.push(['next', `ramure tail ${report.run} -n all   reads on past the damage${stopsReplay(report) ? '; replay refuses it' : ''}`])
  return facts
}

/** An end that was cut off does not stop a replay, nor does what only a snapshot knows. */
function stopsReplay({ checksum, damage }: VerifyReport): boolean {
  return checksum.result === 'differs' || damage.some(mayLackInput)
}

function mayLackInput({ kind, before }: Damage): boolean {
  return kind === 'blob' || (before !== null && (kind === 'unreadable' || kind === 'missing' || kind === 'misplaced'))
}

/** The name of a fact is faint, also where the line was cut. */
function factText(name: string, line: string, paint: Paint): string {
  const end = 2 + name.length
  return `${paint('faint', line.slice(0, end))}${line.slice(end)}`
}

function checkText({ result, of }: Check, none: string): string {
  const what = of === null ? '' : ` over ${bytesText(of.bytes)}`
  if (result === 'none') return none
  if (result === 'unreadable') return 'cannot be read; it is made again when it is needed'
  return result === 'ok' ? `right${what}` : `wrong${what}`
}

function verdictText({ verdict }: VerifyReport | Unlooked): string {
  return verdict === 'whole' ? '✔ whole' : verdict === 'damaged' ? '✗ damaged' : '? unknown'
}

function entriesText(report: VerifyReport | Unlooked): string {
  return report.verdict === 'unknown' ? '' : countText(report.entries)
}

function allDetail(report: VerifyReport | Unlooked): string {
  if (report.verdict === 'unknown') return plain(report.why, 200)
  const [first] = report.damage
  if (first !== undefined) return damageText(first)
  const parts = [
    report.checksum.result === 'ok' ? 'checksum right' : 'no checksum',
    report.tornBytes > 0 ? `${bytesText(report.tornBytes)} torn` : '',
  ]
  return parts.filter((part) => part !== '').join(', ')
}
