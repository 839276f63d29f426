/**
 * Rows as columns: names once per pack, times and numbers as differences. Deflated, a row takes some 25 bytes where its
 * entry takes 350. Packs stand alone, so that a page can show the first while the last is still to come.
 */
import type { By } from '../log/events.ts'
import { KINDS, type Row } from './row.ts'

/** How many rows a pack has at most; whole runs and live pages alike. */
export const PACK_ROWS = 4096

/** JSON as it travels. Columns are as long as there are rows; an index into `names` stands for a text. */
export interface Pack {
  readonly names: readonly string[]
  readonly seq: readonly number[]
  readonly time: readonly number[]
  readonly type: readonly number[]
  readonly by: readonly number[]
  readonly scope: readonly number[]
  readonly agent: readonly number[]
  readonly from: readonly number[]
  readonly cause: readonly number[]
  readonly opens: readonly number[]
  readonly closes: readonly number[]
  readonly ok: readonly number[]
  readonly detail: readonly number[]
  readonly tone: readonly number[]
  readonly glyph: readonly number[]
  readonly word: readonly number[]
  readonly text: readonly string[]
  readonly side: readonly string[]
  /** Index of the row and cost, for the few that have one. */
  readonly cost: readonly (readonly [number, number])[]
}

const BY: readonly By[] = ['world', 'program', 'runtime']

/** @param rows in order of `seq`. */
export function pack(rows: readonly Row[]): Pack {
  const names = new Map<string, number>()
  const name = (text: string): number => {
    const known = names.get(text)
    if (known !== undefined) return known
    names.set(text, names.size)
    return names.size - 1
  }
  const optional = (text: string | null): number => (text === null ? -1 : name(text))
  const column = <T>(of: (row: Row) => T): T[] => rows.map(of)
  const columns = {
    seq: differences(column((row) => row.seq)),
    time: differences(column((row) => row.timeMs)),
    type: column((row) => name(row.type)),
    by: column((row) => BY.indexOf(row.by)),
    scope: column((row) => name(row.scope)),
    agent: column((row) => optional(row.agent)),
    from: column((row) => optional(row.from)),
    cause: column((row) => (row.cause === 0 ? 0 : row.seq - row.cause)),
    opens: column((row) => KINDS.indexOf(row.opens)),
    closes: column((row) => (row.closes === 0 ? 0 : row.seq - row.closes)),
    ok: column((row) => (row.ok === null ? -1 : Number(row.ok))),
    detail: column((row) => Number(row.detail)),
    tone: column((row) => name(row.tone)),
    glyph: column((row) => name(row.glyph)),
    word: column((row) => name(row.word)),
    text: column((row) => row.text),
    side: column((row) => row.side),
  }
  const cost = rows.flatMap((row, index) => (row.costNano === null ? [] : [[index, row.costNano] as const]))
  return { names: [...names.keys()], ...columns, cost }
}

/** The rows that `pack` was given. */
export function unpack(packed: Pack): Row[] {
  const { names } = packed
  const seqs = sums(packed.seq)
  const times = sums(packed.time)
  const costs = new Map(packed.cost)
  const at = (column: readonly number[], index: number): number => column[index] ?? 0
  const name = (column: readonly number[], index: number): string => names[at(column, index)] ?? ''
  const optional = (column: readonly number[], index: number): string | null => (at(column, index) < 0 ? null : name(column, index))
  const back = (column: readonly number[], index: number): number => (at(column, index) === 0 ? 0 : at(seqs, index) - at(column, index))
  return seqs.map((seq, index) => ({
    seq,
    timeMs: at(times, index),
    type: name(packed.type, index),
    by: BY[at(packed.by, index)] ?? 'runtime',
    scope: name(packed.scope, index),
    agent: optional(packed.agent, index),
    from: optional(packed.from, index),
    cause: back(packed.cause, index),
    opens: KINDS[at(packed.opens, index)] ?? 'none',
    closes: back(packed.closes, index),
    ok: at(packed.ok, index) < 0 ? null : at(packed.ok, index) === 1,
    costNano: costs.get(index) ?? null,
    tone: name(packed.tone, index),
    glyph: name(packed.glyph, index),
    word: name(packed.word, index),
    text: packed.text[index] ?? '',
    side: packed.side[index] ?? '',
    detail: at(packed.detail, index) === 1,
  }))
}

function differences(numbers: readonly number[]): number[] {
  return numbers.map((number, index) => number - (numbers[index - 1] ?? 0))
}

function sums(numbers: readonly number[]): number[] {
  let sum = 0
  return numbers.map((number) => (sum += number))
}
