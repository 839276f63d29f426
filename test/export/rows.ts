/** Rows of a log, as a page gets them, in words that say only the type. */
import { type Row, rowMaker, type Say } from '../../src/export/row.ts'
import type { Entry } from '../../src/log/events.ts'

export const sayType: Say = (entry, { label, tookMs }) => ({
  tone: /failed|refused|error/.test(entry.type) ? 'bad' : 'info',
  glyph: '·',
  word: label ?? entry.type,
  text: JSON.stringify(entry.data).slice(0, 80),
  side: tookMs === null ? '' : `${tookMs} ms`,
  detail: entry.type === 'usage',
})

export function rowsOf(entries: readonly Entry[], say: Say = sayType): Row[] {
  const rowOf = rowMaker(say)
  return entries.map((entry) => rowOf(entry))
}
