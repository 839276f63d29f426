/** What the page shows and what is chosen in it. Views read it and draw; everything that changes it is here. */
import { type Lane, type Lanes, lanes } from '../lanes.ts'
import { type Links, links } from '../links.ts'
import { type Pack, unpack } from '../pack.ts'
import { isProblem } from '../query.ts'
import type { Row } from '../row.ts'
import type { Summary } from '../summary.ts'
import { type DataTexts, dataTexts } from './data-texts.ts'
import { type Found, found } from './found.ts'
import { lowerBound } from './lower-bound.ts'
import { type Viewport, viewport } from './viewport.ts'

export interface App {
  readonly links: Links
  readonly lanes: Lanes
  /** The lane of each row. */
  readonly laneOf: readonly Lane[]
  /** Beside each row, for what looks at all of them in every frame: its time, the index of its lane, how it is marked. */
  readonly columns: Columns
  summary: Summary
  readonly port: Viewport
  /** Index of the chosen row, -1 for none. */
  readonly selected: number
  readonly opened: boolean
  readonly found: Found
  readonly data: DataTexts
  /** True while it is being put on paper. */
  readonly printing: boolean
  add(packs: readonly Pack[]): void
  select(index: number, options?: { readonly open?: boolean; readonly reveal?: boolean }): void
  close(): void
  /** The next listed row in a direction, `count` further. @param wraps goes on at the other end. */
  step(count: number, wraps?: boolean): void
  jump(to: 'cause' | 'effect' | 'first' | 'last'): void
  /** The next problem, or the one before. */
  jumpToProblem(direction: 1 | -1): void
  setFilter(text: string): void
  toggleDetail(): void
  toggleGaps(): void
  toggleAxis(): void
  /** Zooms by a factor around a place, or around what is chosen; 2 shows half as much. */
  zoom(factor: number, around?: number): void
  /** Moves by a share of what is seen. */
  pan(share: number): void
  look(from: number, to: number): void
  fit(): void
  /** Everything is drawn for paper, at once, or for the screen again. */
  print(on: boolean): void
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

/** How long what was read is collected before it is listed, ms. */
const LIST_MS = 80

/** @param linesAfter yields lines of the log behind an entry, for whoever looks for a word in them. */
export function createApp(summary: Summary, linesAfter: (seq: number) => AsyncIterable<readonly string[]>): App {
  const listeners: (() => void)[] = []
  let waiting = false
  let isListingSoon = false
  const laneOf: Lane[] = []
  const columns: Columns = { timeMs: [], lane: [], mark: [] }
  const linked = links()
  const { rows } = linked
  const data = dataTexts(linked, linesAfter)
  const listed = found(rows, data)
  const port = viewport(columns.timeMs, summary.live)
  const state = {
    links: linked,
    lanes: lanes(),
    laneOf,
    columns,
    summary,
    port,
    selected: -1,
    opened: false,
    found: listed,
    data,
    printing: false,
  }

  const changed = (): void => {
    // What was drawn for paper stays as it is until it has been printed.
    if (waiting || state.printing) return
    waiting = true
    requestAnimationFrame(() => {
      waiting = false
      for (const listener of listeners) listener()
    })
  }
  const relist = (): void => {
    listed.list(state.selected)
    changed()
  }
  const listSoon = (): void => {
    if (isListingSoon) return
    isListingSoon = true
    setTimeout(() => {
      isListingSoon = false
      relist()
    }, LIST_MS)
  }
  const readData = (): void => {
    if (listed.query?.looksAtData !== true) return
    const heard = (from: number, to: number): void => {
      listed.lookAgain(from, to)
      listSoon()
    }
    const before = data.readCount
    const again = (): void => {
      listSoon()
      // Rows that came meanwhile.
      if (before < data.readCount && data.readCount < rows.length && !data.isFull) readData()
    }
    data.want(heard).then(again, listSoon)
  }
  const reveal = (index: number): void => {
    const place = port.axis.placeOf(index)
    const { from, to } = port.view
    if (place < from || place > to) port.look(place - (to - from) / 2, place + (to - from) / 2)
  }
  const select: App['select'] = (index, { open = state.opened, reveal: shows = true } = {}) => {
    if (rows[index] === undefined) return
    state.selected = index
    state.opened = open
    if (!listed.has(index)) listed.list(index)
    if (shows) reveal(index)
    changed()
  }
  const look = (from: number, to: number): void => {
    port.look(from, to)
    changed()
  }
  return Object.assign(state, {
    changed,
    print(on: boolean) {
      state.printing = on
      for (const listener of listeners) listener()
    },
    onChange: (listener: () => void) => void listeners.push(listener),
    add(packs: readonly Pack[]) {
      const from = rows.length
      for (const row of packs.flatMap(unpack)) {
        linked.add(row)
        const lane = state.lanes.add(row)
        laneOf.push(lane)
        columns.timeMs.push(row.timeMs)
        columns.lane.push(lane.index)
        columns.mark.push(markOf(row))
      }
      port.grow()
      listed.lookAgain(from, rows.length)
      relist()
      readData()
    },
    select,
    close() {
      state.opened = false
      changed()
    },
    step(count: number, wraps = false) {
      const { shown } = listed
      if (shown.length === 0) return
      const at = lowerBound(shown, state.selected)
      const from = state.selected === -1 ? (count > 0 ? -1 : shown.length) : listed.has(state.selected) ? at : at - (count > 0 ? 1 : 0)
      const to = from + count
      const bounded = Math.max(0, Math.min(shown.length - 1, to))
      select(shown[wraps && to !== bounded ? shown.length - 1 - bounded : bounded] ?? -1)
    },
    jump(to: Parameters<App['jump']>[0]) {
      if (to === 'first' || to === 'last') return select(listed.shown.at(to === 'first' ? 0 : -1) ?? -1)
      const row = rows[state.selected]
      const target = row === undefined ? undefined : to === 'cause' ? linked.causesOf(row)[0] : linked.effectsOf(row)[0]
      if (target !== undefined) select(linked.indexOf(target.seq))
    },
    jumpToProblem(direction: 1 | -1) {
      const { selected } = state
      const before = rows.findLastIndex((row, index) => index < selected && isProblem(row))
      const after = rows.findIndex((row, index) => index > selected && isProblem(row))
      const [first, last] = [rows.findIndex(isProblem), rows.findLastIndex(isProblem)]
      if (direction === 1) select(after === -1 ? first : after)
      else select(before === -1 ? last : before)
    },
    setFilter(text: string) {
      listed.ask(text)
      relist()
      readData()
    },
    toggleDetail() {
      listed.toggleDetail()
      relist()
    },
    toggleGaps() {
      port.toggleGaps()
      changed()
    },
    toggleAxis() {
      port.toggleAxis()
      changed()
    },
    zoom(factor: number, around?: number) {
      const { from, to } = port.view
      const chosen = state.selected === -1 ? -1 : port.axis.placeOf(state.selected)
      const isSeen = state.selected !== -1 && chosen >= from && chosen <= to
      port.zoom(factor, around ?? (isSeen ? chosen : (from + to) / 2))
      // What is chosen comes nearer to the middle: at the edge one would see one side of it only.
      if (around === undefined && isSeen) port.bringIn(chosen)
      changed()
    },
    pan(share: number) {
      const { from, to } = port.view
      look(from + (to - from) * share, to + (to - from) * share)
    },
    look,
    fit() {
      port.fit()
      changed()
    },
  })
}

function markOf(row: Row): Mark {
  const isDrawn = (row.opens !== 'none' || row.closes !== 0) && row.opens !== 'process' && row.opens !== 'agent'
  if (isDrawn && row.tone !== 'bad') return MARK.none
  if (row.detail) return MARK.detail
  return row.tone === 'bad' || row.tone === 'warn' || row.tone === 'good' ? MARK.loud : MARK.plain
}
