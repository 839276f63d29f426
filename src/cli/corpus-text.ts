/** The report on a corpus: one line per recording, then what they cover, then which of them could go. */
import type { CorpusReport, Replayed } from '../replay/corpus.ts'
import { type Covered, isSeen } from '../replay/coverage.ts'
import { countText, durationText, plural } from './figures.ts'
import type { Paint } from './paint.ts'
import { table } from './table.ts'
import { fit, plain } from './text.ts'

export interface CorpusTextOptions {
  readonly width: number | null
  readonly paint: Paint
  readonly tookMs: number
}

export function corpusText({ recordings, coverage }: CorpusReport, { width, paint, tookMs }: CorpusTextOptions): string {
  const count = (wanted: string) => recordings.filter(({ verdict }) => verdict.verdict === wanted).length
  const counts = [`${count('identical')} identical`, `${count('diverged')} diverged`, `${count('cannot_tell')} cannot tell`]
  const rows = table(recordings.map(recordingRow), [{}, { max: 48, min: 12 }, { max: 32, min: 8 }, { min: 20 }], width)
  const { covered, seen, declared, addingNothing } = coverage
  return [
    ...rows.map((row, index) => painted(row, recordings[index]?.verdict.verdict, paint)),
    '',
    `${plural(recordings.length, 'recording')}: ${counts.join(', ')} · ${durationText(tookMs)}`,
    '',
    paint('strong', `coverage  ${countText(seen)} of ${countText(declared)} declared were seen to end`),
    ...table(covered.map(coverageRow), [{}, {}, { max: 60, min: 16 }, { min: 16 }], width),
    ...(addingNothing.length === 0
      ? []
      : ['', fit(`${plural(addingNothing.length, 'recording')} could go without an outcome less:`, width ?? 200)]),
    ...addingNothing.map((name) => `  ${plain(name)}`),
  ].join('\n')
}

const GLYPHS = { identical: '✔', diverged: '✗', cannot_tell: '?' } as const
const TONES = { identical: 'good', diverged: 'bad', cannot_tell: 'warn' } as const

function recordingRow({ recording, verdict }: Replayed): string[] {
  return [GLYPHS[verdict.verdict], plain(recording), plain(verdict.process ?? '—'), saidOf(verdict)]
}

function saidOf({ verdict, divergences, recorded, rerun, reason }: Replayed['verdict']): string {
  const [first, ...others] = divergences
  if (verdict === 'cannot_tell') return plain(`${reason?.code ?? ''} ${reason?.message.split('\n', 1)[0] ?? ''}`.trim())
  if (first) {
    const side = first.now ?? first.recorded
    const more = others.length === 0 ? '' : ` and ${countText(others.length)} more`
    return plain(`diverged at #${first.seq}: ${first.class} ${side?.type ?? ''} ${side?.label ?? ''} in ${first.scope}${more}`)
  }
  const events = `${countText(rerun.matched + rerun.delivered)} of ${countText(recorded.inputs + recorded.outputs)} events`
  return recorded.outcome === null ? `${events}, ends early` : `${events}, ${recorded.outcome}`
}

function painted(row: string, verdict: Replayed['verdict']['verdict'] = 'cannot_tell', paint: Paint): string {
  return row.replace(GLYPHS[verdict], (glyph) => paint(TONES[verdict], glyph))
}

function coverageRow(item: Covered): string[] {
  const seen = Object.entries(item.outcomes).filter(([, times]) => times > 0)
  const text = seen.map(([outcome, times]) => `${outcome} ${countText(times)}`).join(' · ')
  return [isSeen(item) ? ' ' : '○', item.kind, plain(item.name), text === '' ? 'never' : text]
}
