import { cell, displayWidth, fit } from './text.ts'

export interface Column {
  readonly align?: 'left' | 'right'
  /** Columns it may take at most; default as many as it needs. */
  readonly max?: number
  /** Columns it may be cut down to when the row is too wide; default never. Columns further left are cut last. */
  readonly min?: number
}

/** Rows under each other, each column as wide as its widest cell; the last one is cut at `width`. Cells hold no colour yet. */
export function table(rows: readonly (readonly string[])[], columns: readonly Column[], width: number | null, gap = 2): string[] {
  const wide = columns.map((column, index) =>
    Math.min(column.max ?? Infinity, Math.max(0, ...rows.map((row) => displayWidth(row[index] ?? '')))),
  )
  const used = columns.map((column, index) => ({ column, index, width: wide[index] ?? 0 })).filter((each) => each.width > 0)
  if (width !== null) shrink(used, width - gap * (used.length - 1))
  return rows.map((row) => {
    const cells = used.map((each) => cell(row[each.index] ?? '', each.width, each.column.align ?? 'left'))
    const text = cells.join(' '.repeat(gap)).trimEnd()
    return width === null ? text : fit(text, width)
  })
}

function shrink(used: readonly { readonly column: Column; width: number }[], room: number): void {
  let over = used.reduce((sum, each) => sum + each.width, 0) - room
  for (const each of used.toReversed()) {
    if (over <= 0) return
    const cut = Math.min(over, Math.max(0, each.width - (each.column.min ?? each.width)))
    each.width -= cut
    over -= cut
  }
}
