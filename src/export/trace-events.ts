/**
 * Rows as events of the Trace Event Format. Slices of one track never overlap without one being inside the other, which the
 * format demands: calls at the same time get tracks of their own, and no two entries have the same time.
 */
import type { Row } from './row.ts'

export interface TraceEvent {
  readonly ph: 'X' | 'i' | 'C' | 's' | 'f' | 'M'
  readonly name: string
  readonly pid: number
  readonly tid: number
  /** Microseconds since the start of the run; absent in metadata. */
  readonly ts?: number
  readonly dur?: number
  /** Some readers take no event without one. */
  readonly cat: string
  readonly id?: number
  /** Scope of an instant: its track. */
  readonly s?: 't'
  /** Binds the end of an arrow to the slice around it. */
  readonly bp?: 'e'
  readonly args?: { readonly [name: string]: string | number | boolean | null }
}

export interface Tracer {
  /** Events of a row, in order. @param tokens that it reports. */
  take(row: Row, tokens: number): TraceEvent[]
  /** What is still open: slices up to the last entry, marked as unfinished. */
  end(): TraceEvent[]
}

/** Slices whose place is remembered for arrows that begin there. */
const PLACES_MAX = 50_000
const RUN_PID = 1

export function tracer(): Tracer {
  const tracks = trackList()
  const open = new Map<number, Open>()
  const places = new Map<number, Place>()
  let [startMs, lastTs, cost, tokensSum] = [Number.NaN, -1, 0, 0]

  /** Later than every row before: what happened in one millisecond keeps its order. */
  const tsOf = (timeMs: number): number => {
    if (Number.isNaN(startMs)) startMs = timeMs
    lastTs = Math.max((timeMs - startMs) * 1000, lastTs + 1)
    return lastTs
  }
  const remember = (seq: number, place: Place): void => {
    if (places.size >= PLACES_MAX) places.delete(places.keys().next().value ?? 0)
    places.set(seq, place)
  }
  const begin = (row: Row, ts: number): TraceEvent[] => {
    const { track, made } = tracks.for(row)
    const place = { pid: track.pid, tid: track.tid, ts }
    open.set(row.seq, { ...place, row, track })
    track.openSeq = row.seq
    remember(row.seq, place)
    return [...made, ...arrow(row.seq * 2, 'cause', places.get(row.cause), place)]
  }
  const end = (seq: number, ts: number, ok: boolean | null): TraceEvent[] => {
    const opened = open.get(seq)
    if (opened === undefined) return []
    open.delete(seq)
    if (opened.track.openSeq === seq) opened.track.openSeq = 0
    return [slice(opened, ts, ok === null ? {} : { ok })]
  }
  const send = (row: Row, ts: number): TraceEvent[] => {
    const { track, made } = tracks.sender(row)
    const place = { pid: track.pid, tid: track.tid, ts }
    remember(row.seq, place)
    return [...made, moment(row, place), ...arrow(row.seq * 2, 'cause', places.get(row.cause), place)]
  }
  const applied = (row: Row, ts: number): TraceEvent[] => {
    const { track, made } = tracks.home(row)
    const place = { pid: track.pid, tid: track.tid, ts }
    const from = places.get(row.closes)
    remember(row.closes, place)
    return [...made, moment(row, place), ...arrow(row.closes * 2 + 1, 'message', from, place)]
  }
  const counters = (row: Row, ts: number, tokens: number): TraceEvent[] => {
    const at = { pid: RUN_PID, tid: 0, ts }
    cost += row.costNano ?? 0
    tokensSum += tokens
    return [
      ...(row.costNano === null ? [] : [{ ph: 'C' as const, cat: 'usage', name: 'cost USD', ...at, args: { usd: cost / 1e9 } }]),
      ...(tokens === 0 ? [] : [{ ph: 'C' as const, cat: 'usage', name: 'tokens', ...at, args: { tokens: tokensSum } }]),
    ]
  }
  return {
    take(row, tokens) {
      const ts = tsOf(row.timeMs)
      if (row.opens === 'message') return send(row, ts)
      if (row.opens !== 'none') return [...cutOff(row, open, tracks, ts), ...begin(row, ts)]
      if (row.type === 'message_applied' && row.closes !== 0) return applied(row, ts)
      const inner = row.type === 'agent_exited' ? tracks.openIn(row).flatMap((seq) => end(seq, ts, null)) : []
      const closed = row.closes === 0 ? [] : end(row.closes, ts, row.ok)
      if (closed.length > 0) return [...inner, ...closed]
      const counted = counters(row, ts, tokens)
      if (row.detail) return [...inner, ...counted]
      const { track, made } = tracks.home(row)
      return [
        ...inner,
        ...made,
        ...counted,
        { ph: 'i', s: 't', cat: row.type, name: nameOf(row), pid: track.pid, tid: track.tid, ts, args: argsOf(row) },
      ]
    },
    end: () =>
      [...open.keys()].reverse().flatMap((seq) => {
        const opened = open.get(seq) as Open
        return [slice(opened, lastTs + 1, { unfinished: true })]
      }),
  }
}

/** A turn that never ended is over when the next one begins: bands of a track do not overlap. */
function cutOff(row: Row, open: Map<number, Open>, tracks: TrackList, ts: number): TraceEvent[] {
  if (row.opens !== 'turn') return []
  return tracks.openTurns(row).flatMap((seq) => {
    const opened = open.get(seq)
    open.delete(seq)
    return opened === undefined ? [] : [slice(opened, ts, { unfinished: true })]
  })
}

interface Place {
  readonly pid: number
  readonly tid: number
  readonly ts: number
}

interface Open extends Place {
  readonly row: Row
  readonly track: Track
}

function slice({ row, pid, tid, ts }: Open, endTs: number, more: { readonly [name: string]: boolean }): TraceEvent {
  return { ph: 'X', name: nameOf(row), cat: row.opens, pid, tid, ts, dur: Math.max(1, endTs - ts), args: { ...argsOf(row), ...more } }
}

/** What happened at one moment, as a slice that an arrow can hold on to. */
function moment(row: Row, place: Place): TraceEvent {
  return { ph: 'X', name: nameOf(row), cat: row.type, ...place, dur: 1, args: argsOf(row) }
}

/** Inside of both slices, whichever way a reader sorts what begins at the same time. */
function arrow(id: number, name: string, from: Place | undefined, to: Place): TraceEvent[] {
  if (from === undefined) return []
  const both = { name, cat: name, id }
  return [
    { ph: 's', ...both, pid: from.pid, tid: from.tid, ts: from.ts + 0.5 },
    { ph: 'f', bp: 'e', ...both, pid: to.pid, tid: to.tid, ts: to.ts + 0.5 },
  ]
}

function nameOf(row: Row): string {
  if (row.opens === 'process') return row.scope.slice(row.scope.lastIndexOf('/') + 1)
  if (row.opens === 'agent') return row.agent ?? 'agent'
  return row.opens === 'none' || row.opens === 'message' ? `${row.glyph} ${row.word}` : row.word
}

function argsOf(row: Row): NonNullable<TraceEvent['args']> {
  return { seq: row.seq, text: row.text, scope: row.scope, ...(row.cause === 0 ? {} : { cause: row.cause }) }
}

interface Track {
  readonly pid: number
  readonly tid: number
  readonly kind: 'home' | 'turns' | 'calls'
  readonly owner: string
  /** The slice that is open in it, 0 for none. */
  openSeq: number
}

interface Found {
  readonly track: Track
  /** Names of tracks that are new. */
  readonly made: readonly TraceEvent[]
}

interface TrackList {
  /** Where a slice begins. */
  for(row: Row): Found
  /** The track of an agent or a process itself. */
  home(row: Row): Found
  /** Where a message comes from. */
  sender(row: Row): Found
  openIn(row: Row): readonly number[]
  openTurns(row: Row): readonly number[]
}

function trackList(): TrackList {
  const pids = new Map<string, number>()
  const agents = new Map<string, number>()
  const byOwner = new Map<string, Track[]>()
  let tidNext = 1

  const pidOf = (scope: string): number => {
    for (let path = scope; path !== ''; path = path.slice(0, Math.max(0, path.lastIndexOf('/')))) {
      const pid = pids.get(path)
      if (pid !== undefined) return pid
    }
    return RUN_PID
  }
  const ownerOf = (row: Row): { readonly owner: string; readonly pid: number } => {
    const pid = row.agent === null ? undefined : agents.get(row.agent)
    return pid === undefined ? { owner: `process ${pidOf(row.scope)}`, pid: pidOf(row.scope) } : { owner: `agent ${row.agent}`, pid }
  }
  const make = (owner: string, pid: number, kind: Track['kind'], name: string): Found => {
    const track: Track = { pid, tid: tidNext, kind, owner, openSeq: 0 }
    const args = { name }
    const made: TraceEvent[] = [
      { ph: 'M', cat: '__metadata', name: 'thread_name', pid, tid: tidNext, args },
      { ph: 'M', cat: '__metadata', name: 'thread_sort_index', pid, tid: tidNext, args: { sort_index: tidNext } },
    ]
    tidNext += 1
    byOwner.set(owner, [...(byOwner.get(owner) ?? []), track])
    return { track, made }
  }
  const first = (owner: string, pid: number, kind: Track['kind']): Found => {
    const mine = byOwner.get(owner)?.filter((track) => track.kind === kind) ?? []
    const free = kind === 'calls' ? mine.find((track) => track.openSeq === 0) : mine[0]
    if (free !== undefined) return { track: free, made: [] }
    const name = owner.startsWith('agent ') ? owner.slice(6) : pid === RUN_PID ? 'run' : 'main'
    const suffix = kind === 'home' ? '' : ` ${kind}${mine.length === 0 ? '' : ` ${mine.length + 1}`}`
    return make(owner, pid, kind, `${name}${suffix}`)
  }
  const nameProcess = (pid: number, name: string): TraceEvent[] => [
    { ph: 'M', cat: '__metadata', name: 'process_name', pid, tid: 0, args: { name } },
    { ph: 'M', cat: '__metadata', name: 'process_sort_index', pid, tid: 0, args: { sort_index: pid } },
  ]
  const home = (row: Row): Found => {
    const { owner, pid } = ownerOf(row)
    const found = first(owner, pid, 'home')
    const isRun = pid === RUN_PID && found.made.length > 0 && owner === `process ${RUN_PID}`
    return isRun ? { ...found, made: [...nameProcess(RUN_PID, 'run'), ...found.made] } : found
  }
  return {
    home,
    sender: (row) => (row.from !== null && agents.has(row.from) ? home({ ...row, agent: row.from }) : home({ ...row, agent: null })),
    for(row) {
      if (row.opens === 'process' && !pids.has(row.scope)) {
        const pid = pids.size + RUN_PID + 1
        pids.set(row.scope, pid)
        const found = home({ ...row, agent: null })
        return { ...found, made: [...nameProcess(pid, nameOf(row)), ...found.made] }
      }
      if (row.opens === 'agent' && row.agent !== null) agents.set(row.agent, pidOf(row.scope))
      if (row.opens === 'process' || row.opens === 'agent') return home(row)
      const { owner, pid } = ownerOf(row)
      return first(owner, pid, row.opens === 'turn' ? 'turns' : 'calls')
    },
    openIn: (row) => openOf(byOwner.get(ownerOf(row).owner), (track) => track.kind !== 'home'),
    openTurns: (row) => openOf(byOwner.get(ownerOf(row).owner), (track) => track.kind === 'turns'),
  }
}

function openOf(tracks: readonly Track[] | undefined, isWanted: (track: Track) => boolean): number[] {
  return (tracks ?? []).filter((track) => track.openSeq !== 0 && isWanted(track)).map((track) => track.openSeq)
}
