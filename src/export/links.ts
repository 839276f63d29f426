/** What led to what: rows by number, the chain of causes of one, and what it caused. */
import { placeOfSeq } from '../log/place-of-seq.ts'
import type { Row } from './row.ts'

export interface Links {
  /** Every row in order. */
  readonly rows: readonly Row[]
  add(row: Row): void
  /** Index in `rows` of a number, -1 when it is not there. */
  indexOf(seq: number): number
  /** From the nearest cause back to the first; longer chains are cut. */
  causesOf(row: Row): readonly Row[]
  /** Rows that name it as their cause, in order, and those that answer it. */
  effectsOf(row: Row): readonly Row[]
}

const CHAIN_MAX = 50

export function links(): Links {
  const rows: Row[] = []
  const effects = new Map<number, number[]>()
  const note = (cause: number, index: number): void => {
    const known = effects.get(cause)
    if (known === undefined) effects.set(cause, [index])
    else if (known.at(-1) !== index) known.push(index)
  }
  const indexOf = (seq: number): number => {
    // Without gaps, which is nearly always, a number is its place.
    const first = rows[0]?.seq ?? 0
    if (rows[seq - first]?.seq === seq) return seq - first
    return placeOfSeq(rows, seq)
  }
  return {
    rows,
    add(row) {
      const index = rows.push(row) - 1
      if (row.cause !== 0) note(row.cause, index)
      if (row.closes !== 0) note(row.closes, index)
    },
    indexOf,
    causesOf(row) {
      const chain: Row[] = []
      let at: Row | undefined = row
      while (at !== undefined && chain.length < CHAIN_MAX) {
        // An answer is caused by what it answers. A cause is always older: a log that says otherwise was edited.
        const cause: number = at.cause !== 0 ? at.cause : at.closes
        if (cause === 0 || cause >= at.seq) break
        at = rows[indexOf(cause)]
        if (at !== undefined) chain.push(at)
      }
      return chain
    },
    effectsOf: (row) => (effects.get(row.seq) ?? []).map((index) => rows[index] as Row),
  }
}
