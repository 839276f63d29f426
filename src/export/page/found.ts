/** Which entries are listed: those that the filter asks for, and no folded details unless they are wanted. */
import { type Query, query } from '../query.ts'
import type { Row } from '../row.ts'
import type { DataTexts } from './data-texts.ts'
import { lowerBound } from './lower-bound.ts'

export interface Found {
  readonly text: string
  readonly query: Query | null
  /** Indexes of the rows in the list. */
  readonly shown: readonly number[]
  /** 1 for each row that the filter asks for; null without a filter. */
  readonly hit: Uint8Array | null
  readonly hitsCount: number
  readonly showsDetail: boolean
  ask(text: string): void
  toggleDetail(): void
  /** Looks at rows again: they are new, or their data has been read. */
  lookAgain(from: number, to: number): void
  /** Lists again; `kept` is listed although it is a detail. */
  list(kept: number): void
  has(index: number): boolean
}

export function found(rows: readonly Row[], data: DataTexts): Found {
  let asked: Query | null = null
  let text = ''
  let showsDetail = false
  let hit: Uint8Array | null = null
  let hitsCount = 0
  let shown: number[] = []

  const lookAgain = (from: number, to: number): void => {
    if (asked === null) return
    if (hit === null || hit.length < rows.length) hit = grown(hit, rows.length)
    for (let index = from; index < to; index += 1) {
      const isHit = asked.matches(rows[index] as Row, data.of(index)) ? 1 : 0
      hitsCount += isHit - (hit[index] as number)
      hit[index] = isHit
    }
  }
  return {
    get text() {
      return text
    },
    get query() {
      return asked
    },
    get shown() {
      return shown
    },
    get hit() {
      return asked === null ? null : hit
    },
    get hitsCount() {
      return hitsCount
    },
    get showsDetail() {
      return showsDetail
    },
    ask(wanted) {
      text = wanted
      asked = query(wanted)
      hit = null
      hitsCount = 0
      lookAgain(0, rows.length)
    },
    toggleDetail() {
      showsDetail = !showsDetail
    },
    lookAgain,
    list(kept) {
      const details = showsDetail || asked?.wantsDetails === true
      shown = []
      for (let index = 0; index < rows.length; index += 1) {
        if (asked !== null && hit?.[index] !== 1) continue
        if (details || index === kept || !(rows[index] as Row).detail) shown.push(index)
      }
    },
    has: (index) => shown[lowerBound(shown, index)] === index,
  }
}

function grown(hit: Uint8Array | null, length: number): Uint8Array {
  const larger = new Uint8Array(length)
  if (hit !== null) larger.set(hit)
  return larger
}
