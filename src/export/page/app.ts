/** What the page shows and what is chosen in it. Views read it and draw; everything that changes it is here. */
import { type Lane, type Lanes, lanes } from '../lanes.ts'
import { type Links, links } from '../links.ts'
import { type Pack, unpack } from '../pack.ts'
import { isProblem, query } from '../query.ts'
import type { Row } from '../row.ts'
import type { Summary } from '../summary.ts'
import { type TimeMap, timeMap } from '../time-map.ts'

export interface App {
  readonly links: Links
  readonly lanes: Lanes
  /** The lane of each row. */
  readonly laneOf: readonly Lane[]
  /** Beside each row, for what looks at all of them in every frame: its time, the index of its lane, how it is marked. */
  readonly columns: Columns
  summary: Summary
  readonly map: TimeMap
  /** How exact times are shown, ms: a run of a second needs more digits than one of an hour. */
  readonly stepMs: number
  /** What part of the axis is seen, in places of the map. */
  readonly view: { readonly from: number; readonly to: number }
  /** Index of the chosen row, -1 for none. */
  readonly selected: number
  readonly opened: boolean
  readonly filter: string
  readonly showsDetail: boolean
  readonly compresses: boolean
  /** Indexes of the rows in the list. */
  readonly shown: readonly number[]
  /** 1 for each row that the filter asks for; null without a filter. */
  readonly hit: Uint8Array | null
  add(packs: readonly Pack[]): void
  select(index: number, options?: { readonly open?: boolean; readonly reveal?: boolean }): void
  close(): void
  /** The next shown row in a direction, `count` further. */
  step(count: number): void
  jump(to: 'cause' | 'effect' | 'problem' | 'first' | 'last'): void
  setFilter(text: string): void
  toggleDetail(): void
  toggleGaps(): void
  /** Zooms by a factor around a place; 2 shows half as much. */
  zoom(factor: number, around?: number): void
  /** Moves by a share of what is seen. */
  pan(share: number): void
  look(from: number, to: number): void
  fit(): void
  /** Calls back before the next frame after something changed. */
  onChange(listener: () => void): void
  changed(): void
}

export interface Columns {
  readonly timeMs: number[]
  readonly lane: number[]
  readonly mark: Mark[]
}

/** What stands for a row in the picture beside bars and arrows. */
export const MARK = { none: 0, plain: 1, loud: 2, detail: 3 } as const
type Mark = (typeof MARK)[keyof typeof MARK]

export function createApp(summary: Summary): App {
  const listeners: (() => void)[] = []
  let waiting = false
  const laneOf: Lane[] = []
  const columns: Columns = { timeMs: [], lane: [], mark: [] }
  const times = columns.timeMs
  let hits: Uint8Array | null = null
  const state = {
    links: links(),
    lanes: lanes(),
    laneOf,
    columns,
    summary,
    map: timeMap([], true),
    stepMs: 10,
    view: { from: 0, to: 1 },
    selected: -1,
    opened: false,
    filter: '',
    showsDetail: false,
    compresses: true,
    shown: [] as number[],
    hit: null as Uint8Array | null,
  }
  const rows = (): readonly Row[] => state.links.rows

  const changed = (): void => {
    if (waiting) return
    waiting = true
    requestAnimationFrame(() => {
      waiting = false
      for (const listener of listeners) listener()
    })
  }
  const isListed = (row: Row, index: number): boolean =>
    (state.showsDetail || !row.detail || index === state.selected) && (state.hit === null || state.hit[index] === 1)
  const relist = (): void => {
    const matches = query(state.filter)
    if (matches !== null) {
      hits = new Uint8Array(rows().length)
      for (const [index, row] of rows().entries()) hits[index] = matches(row) ? 1 : 0
    }
    state.hit = matches === null ? null : hits
    state.shown = []
    for (const [index, row] of rows().entries()) if (isListed(row, index)) state.shown.push(index)
    changed()
  }
  const remap = (): void => {
    const isFitted = state.view.from <= 0 && state.view.to >= state.map.length
    const [fromMs, toMs] = [state.map.timeAt(state.view.from), state.map.timeAt(state.view.to)]
    state.map = timeMap(times, state.compresses)
    state.stepMs = (times.at(-1) ?? 0) - (times[0] ?? 0) < 10_000 ? 1 : 10
    state.view = isFitted ? wholeOf(state.map) : { from: state.map.placeOf(fromMs), to: state.map.placeOf(toMs) }
  }
  const look = (from: number, to: number): void => {
    const whole = wholeOf(state.map)
    const width = Math.min(whole.to - whole.from, Math.max(to - from, WIDTH_MIN))
    const margin = width * MARGIN_SHARE
    const start = Math.min(Math.max(-margin, from), state.map.length + margin - width)
    state.view = { from: start, to: start + width }
    changed()
  }
  const reveal = (row: Row): void => {
    const place = state.map.placeOf(row.timeMs)
    const { from, to } = state.view
    if (place >= from && place <= to) return
    look(place - (to - from) / 2, place + (to - from) / 2)
  }
  const select: App['select'] = (index, { open = state.opened, reveal: shows = true } = {}) => {
    const row = rows()[index]
    if (row === undefined) return
    state.selected = index
    state.opened = open
    if (!isShown(state.shown, index)) relist()
    if (shows) reveal(row)
    changed()
  }
  const placeIn = (index: number): number => {
    const at = lowerBound(state.shown, index)
    return at
  }
  return Object.assign(state, {
    changed,
    onChange: (listener: () => void) => void listeners.push(listener),
    add(packs: readonly Pack[]) {
      for (const packed of packs) {
        for (const row of unpack(packed)) {
          state.links.add(row)
          const lane = state.lanes.add(row)
          laneOf.push(lane)
          columns.timeMs.push(row.timeMs)
          columns.lane.push(lane.index)
          columns.mark.push(markOf(row))
        }
      }
      remap()
      relist()
    },
    select,
    close() {
      state.opened = false
      changed()
    },
    step(count: number) {
      const { shown, selected } = state
      if (shown.length === 0) return
      const at = placeIn(selected)
      const from = selected === -1 ? (count > 0 ? -1 : shown.length) : shown[at] === selected ? at : at - (count > 0 ? 1 : 0)
      select(shown[Math.max(0, Math.min(shown.length - 1, from + count))] ?? -1)
    },
    jump(to: Parameters<App['jump']>[0]) {
      if (to === 'first' || to === 'last') return select(state.shown.at(to === 'first' ? 0 : -1) ?? -1)
      const row = rows()[state.selected]
      if (to === 'problem') {
        const next = (from: number): number => rows().findIndex((each, index) => index > from && isProblem(each))
        const found = next(state.selected)
        return select(found === -1 ? next(-1) : found)
      }
      const target = row === undefined ? undefined : to === 'cause' ? state.links.causesOf(row)[0] : state.links.effectsOf(row)[0]
      if (target !== undefined) select(state.links.indexOf(target.seq))
    },
    setFilter(text: string) {
      state.filter = text
      relist()
    },
    toggleDetail() {
      state.showsDetail = !state.showsDetail
      relist()
    },
    toggleGaps() {
      state.compresses = !state.compresses
      remap()
      changed()
    },
    zoom(factor: number, around?: number) {
      const { from, to } = state.view
      const row = rows()[state.selected]
      const chosen = row === undefined ? (from + to) / 2 : state.map.placeOf(row.timeMs)
      const fixed = around ?? (chosen >= from && chosen <= to ? chosen : (from + to) / 2)
      look(fixed - (fixed - from) / factor, fixed + (to - fixed) / factor)
    },
    pan(share: number) {
      const { from, to } = state.view
      look(from + (to - from) * share, to + (to - from) * share)
    },
    look,
    fit() {
      state.view = wholeOf(state.map)
      changed()
    },
  })
}

function wholeOf({ length }: TimeMap): { readonly from: number; readonly to: number } {
  return { from: -length * MARGIN_SHARE, to: length * (1 + MARGIN_SHARE) }
}

/** Room beside the first and the last entry, as a share of the axis. */
const MARGIN_SHARE = 0.015
/** Narrower than this nothing more can be told apart, ms of the axis. */
const WIDTH_MIN = 2

function markOf(row: Row): Mark {
  const isDrawn = (row.opens !== 'none' || row.closes !== 0) && row.opens !== 'process' && row.opens !== 'agent'
  if (isDrawn && row.tone !== 'bad') return MARK.none
  if (row.detail) return MARK.detail
  return row.tone === 'bad' || row.tone === 'warn' || row.tone === 'good' ? MARK.loud : MARK.plain
}

function isShown(shown: readonly number[], index: number): boolean {
  return shown[lowerBound(shown, index)] === index
}

/** Index of the first number that is not below `wanted`. */
function lowerBound(numbers: readonly number[], wanted: number): number {
  let low = 0
  let high = numbers.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((numbers[middle] ?? 0) < wanted) low = middle + 1
    else high = middle
  }
  return low
}
