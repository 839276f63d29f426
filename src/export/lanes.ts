/**
 * The picture of a run as data: a lane per process and agent, in the order of the process tree; bars from one row to another,
 * arrows for messages. Rows are added in order, so the picture of a live run grows as that of a finished one is built.
 * Everything begins and ends at the index of a row: several rows may have one time, and an axis may not be one of time.
 */
import type { Kind, Row } from './row.ts'

/** Stretches that do not overlap, in order. Columns of the same length. */
export interface Track {
  readonly from: number[]
  /** Infinity while it is open. */
  readonly to: number[]
  readonly seq: number[]
  readonly closedBy: number[]
  readonly kind: Kind[]
  readonly label: string[]
  readonly ok: (boolean | null)[]
}

export interface Lane {
  /** How many lanes came before it. */
  readonly index: number
  readonly key: string
  readonly kind: 'run' | 'process' | 'agent'
  readonly name: string
  /** Path of the process, or of the one that created the agent. */
  readonly scope: string
  readonly parent: Lane | null
  readonly depth: number
  readonly children: Lane[]
  /** `seq` of the row that began it. */
  readonly seq: number
  from: number
  /** Infinity while it goes on. */
  to: number
  ok: boolean | null
  /** Turns of an agent. */
  readonly turns: Track
  /** Calls, as many tracks as there were calls at once; at most `TRACKS_MAX`. */
  readonly calls: Track[]
  problemsCount: number
}

export interface Arrow {
  readonly seq: number
  readonly from: Lane
  readonly to: Lane
  readonly sentAt: number
  /** Where it was taken up; Infinity while it was not. */
  takenAt: number
}

export interface Lanes {
  readonly byKey: ReadonlyMap<string, Lane>
  readonly arrows: readonly Arrow[]
  /** Most rows that came before a message was taken up so far. */
  readonly arrowRowsMax: number
  /** Adds a row, which must follow those before it; returns the lane that it belongs to. */
  add(row: Row): Lane
  /** Every lane, parents before children. */
  ordered(): readonly Lane[]
}

/** More calls at once than this in one lane are in the list, not in the picture. */
export const TRACKS_MAX = 12

/** An empty picture. */
export function lanes(): Lanes {
  const byKey = new Map<string, Lane>()
  const openCalls = new Map<number, Place>()
  const openArrows = new Map<number, Arrow>()
  const arrows: Arrow[] = []
  let arrowRowsMax = 0
  let count = 0
  let order: Lane[] | null = null
  const root = newLane(0, 'run', 'run', 'run', '/', null, 0, 0)
  byKey.set(root.key, root)

  const laneOf = (row: Row): Lane =>
    (row.agent === null ? undefined : byKey.get(`agent ${row.agent}`)) ?? processLane(byKey, root, row.scope)

  const begin = (key: string, kind: Lane['kind'], name: string, parent: Lane, row: Row, at: number): Lane => {
    const known = byKey.get(key)
    if (known !== undefined) {
      // An agent of an old name, or a process that a damaged log starts twice: its lane goes on.
      known.to = Number.POSITIVE_INFINITY
      known.ok = null
      return known
    }
    const lane = newLane(byKey.size, key, kind, name, row.scope, parent, row.seq, at)
    parent.children.push(lane)
    byKey.set(key, lane)
    order = null
    return lane
  }

  const open = (row: Row, at: number): Lane => {
    if (row.opens === 'process')
      return begin(`process ${row.scope}`, 'process', processName(row.scope), processLane(byKey, root, parentOf(row.scope)), row, at)
    if (row.opens === 'agent') return begin(`agent ${row.agent}`, 'agent', row.agent ?? '', processLane(byKey, root, row.scope), row, at)
    const lane = laneOf(row)
    if (row.opens === 'message') {
      const sender = (row.from === null ? undefined : byKey.get(`agent ${row.from}`)) ?? processLane(byKey, root, row.scope)
      const arrow = { seq: row.seq, from: sender, to: lane, sentAt: at, takenAt: Number.POSITIVE_INFINITY }
      arrows.push(arrow)
      openArrows.set(row.seq, arrow)
    } else if (row.opens !== 'none') {
      const track = row.opens === 'turn' ? lane.turns : freeTrack(lane)
      if (track !== null) openCalls.set(row.seq, { track, index: push(track, row, at) })
    }
    return lane
  }

  const close = (row: Row, lane: Lane, at: number): void => {
    const place = openCalls.get(row.closes)
    if (place !== undefined) closeAt(place, row, at)
    openCalls.delete(row.closes)
    const arrow = openArrows.get(row.closes)
    if (arrow !== undefined) {
      arrow.takenAt = at
      arrowRowsMax = Math.max(arrowRowsMax, at - arrow.sentAt)
    }
    openArrows.delete(row.closes)
    if (lane.kind === 'run' || row.closes !== lane.seq) return
    lane.to = at
    lane.ok = row.ok
    for (const track of [lane.turns, ...lane.calls]) cutOff(track, at)
  }

  return {
    byKey,
    arrows,
    get arrowRowsMax() {
      return arrowRowsMax
    },
    add(row) {
      const at = count++
      const lane = row.opens === 'none' ? laneOf(row) : open(row, at)
      if (row.closes !== 0) close(row, laneOf(row), at)
      if (row.type === 'run_ended') {
        root.to = at
        root.ok = row.tone === 'good' ? true : row.tone === 'bad' ? false : null
      }
      if (row.tone === 'bad') lane.problemsCount += 1
      return lane
    },
    ordered: () => (order ??= preorder(root)),
  }
}

interface Place {
  readonly track: Track
  readonly index: number
}

function newLane(
  index: number,
  key: string,
  kind: Lane['kind'],
  name: string,
  scope: string,
  parent: Lane | null,
  seq: number,
  from: number,
): Lane {
  const to = Number.POSITIVE_INFINITY
  const depth = parent === null ? 0 : parent.depth + 1
  return {
    index,
    key,
    kind,
    name,
    scope,
    parent,
    depth,
    children: [],
    seq,
    from,
    to,
    ok: null,
    turns: newTrack(),
    calls: [],
    problemsCount: 0,
  }
}

function newTrack(): Track {
  return { from: [], to: [], seq: [], closedBy: [], kind: [], label: [], ok: [] }
}

/** The first track whose last bar is over; null when there are too many. */
function freeTrack(lane: Lane): Track | null {
  const free = lane.calls.find((track) => track.to.at(-1) !== Number.POSITIVE_INFINITY)
  if (free !== undefined) return free
  if (lane.calls.length >= TRACKS_MAX) return null
  const track = newTrack()
  lane.calls.push(track)
  return track
}

function push(track: Track, row: Row, at: number): number {
  // A turn that never ended is cut off by the next one: bars of a track do not overlap.
  cutOff(track, at)
  track.from.push(at)
  track.to.push(Number.POSITIVE_INFINITY)
  track.seq.push(row.seq)
  track.closedBy.push(0)
  track.kind.push(row.opens)
  track.label.push(row.word)
  track.ok.push(null)
  return track.from.length - 1
}

function closeAt({ track, index }: Place, row: Row, at: number): void {
  if (track.closedBy[index] !== 0 || track.to[index] !== Number.POSITIVE_INFINITY) return
  track.to[index] = at
  track.closedBy[index] = row.seq
  track.ok[index] = row.ok
}

function cutOff(track: Track, at: number): void {
  const last = track.to.length - 1
  if (track.to[last] === Number.POSITIVE_INFINITY) track.to[last] = at
}

/** The lane of the nearest process at or above a scope. */
function processLane(byKey: ReadonlyMap<string, Lane>, root: Lane, scope: string): Lane {
  for (let path = scope; path !== ''; path = parentOf(path)) {
    const lane = byKey.get(`process ${path}`)
    if (lane !== undefined) return lane
  }
  return root
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}

/** `/review#0/e2e#1` is `e2e#1`, and the first of its kind `review`. */
function processName(scope: string): string {
  return scope.slice(scope.lastIndexOf('/') + 1).replace(/#0$/, '')
}

function preorder(lane: Lane): Lane[] {
  const out: Lane[] = []
  const waiting = [lane]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    out.push(next)
    // Agents first: they belong to the process itself.
    const [agents, processes] = [next.children.filter(isAgent), next.children.filter((child) => !isAgent(child))]
    waiting.push(...[...agents, ...processes].reverse())
  }
  return out
}

function isAgent(lane: Lane): boolean {
  return lane.kind === 'agent'
}

/** Index of the first bar that ends at a position or later. Bars of a track do not overlap. */
export function firstEndingAfter(track: Track, position: number): number {
  let low = 0
  let high = track.to.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((track.to[middle] ?? 0) < position) low = middle + 1
    else high = middle
  }
  return low
}
