/** What agents say over the wire, turned into inputs; what they missed, read from the log. */
import type { Draft, Entry, EntryOf, Json } from '../log/events.ts'
import type { LogStore } from '../log/store.ts'
import { CLIENT_TYPES } from '../wire/frame.ts'
import type { AgentHost, ClientEvent, ConnectionRef } from '../wire/host.ts'
import { type RecentIds, recentIds } from './recent-ids.ts'

export interface LiveHostOptions {
  readonly run: string
  readonly store: LogStore
  readonly push: (draft: Draft, bytes?: number) => void
  readonly note: (draft: Draft) => void
  /** How many inputs wait to be taken. */
  readonly backlog?: () => number
  readonly token: (agent: string) => string | null
  readonly registered: (agent: string, connection: number) => void
  readonly lost: (agent: string, connection: number) => void
}

export interface LiveHost extends AgentHost {
  /**
   * Learns from written entries where an agent's stream is and what it has had. Returns the entry as that agent and its viewers
   * see it: their numbers begin with 1, also where the log goes on counting what a former agent of the name has begun.
   */
  written(entry: Entry): Entry
  /** Streams of agents that are not gone yet. What a reader of a gone one still needs goes with the reader. */
  streamCount(): number
}

/** Ids remembered per agent: far more than a client keeps in its outbox. */
const IDS_MAX = 10_000
/** Every so many entries of an agent, where in the log it is. */
const MARK_EVERY = 256

/** What one agent has said and heard: an agent that gets the name of a former one has a stream of its own. */
interface Stream {
  readonly scope: string
  readonly firstAseq: number
  readonly ids: RecentIds
  readonly bootStarts: Map<string, number>
  readonly unapplied: Set<number>
  /** `seq` of its first entry, and of those with `aseq` 257, 513 … that come after it. */
  readonly marks: number[]
  /** It was told to go, it has gone: in either order, and nobody comes after both. */
  isDismissed: boolean
  /** `aseq` of its last entry once the name has passed to another agent. */
  lastAseq: number
  hasExited: boolean
}

export function liveHost(options: LiveHostOptions): LiveHost {
  const streams = new Map<string, Stream>()
  const read = new WeakMap<ConnectionRef, Stream>()
  let leftSeq = 0
  const warn = (code: string, message: string) => options.note({ type: 'warning', by: 'runtime', scope: '/', data: { code, message } })
  const receive = (agent: string, event: ClientEvent, connection: ConnectionRef, bytes?: number) => {
    const stream = streams.get(agent)
    if (!stream || (event.id !== undefined && !stream.ids.add(event.id))) return
    const wrong = problemOf(event)
    if (wrong) return warn('ERR_BAD_EVENT', `Agent '${agent}' sent a '${event.type}' that ${wrong}; it was ignored.`)
    if (event.type === 'register' && event.data.execution_id === options.run) {
      connection.registered = true
      options.registered(agent, connection.id)
    }
    const draft = {
      ...inputOf(event, stream.firstAseq - 1),
      by: 'world',
      scope: stream.scope,
      agent,
      ...(event.id !== undefined && { id: event.id }),
    } as Draft
    options.push(draft, bytes)
  }
  return {
    run: options.run,
    token: options.token,
    ...(options.backlog && { backlog: options.backlog }),
    receive,
    warn,
    joined(agent, connection) {
      const stream = streams.get(agent)
      if (stream) read.set(connection, stream)
    },
    entriesAfter: (agent, after, boot, connection) =>
      entriesAfter(options, agent, (connection && read.get(connection)) ?? streams.get(agent), { after, to: leftSeq, boot }),
    closed(agent, connection) {
      if (connection.registered) options.lost(agent, connection.id)
    },
    written(entry) {
      leftSeq = entry.seq
      if (entry.agent === undefined || entry.aseq === undefined) return entry
      if (entry.type === 'agent_created') {
        const former = streams.get(entry.agent)
        if (former) former.lastAseq = entry.aseq - 1
        streams.set(entry.agent, startedBy(entry, entry.aseq))
      }
      const stream = streams.get(entry.agent)
      if (!stream) return entry
      note(stream, entry, entry.aseq)
      if (stream.isDismissed && stream.hasExited) {
        stream.lastAseq = entry.aseq
        streams.delete(entry.agent)
      }
      return asSeen(stream, entry, entry.aseq)
    },
    streamCount: () => streams.size,
  }
}

/** A name that is used again goes on counting where it was. */
function startedBy({ scope }: EntryOf<'agent_created'>, firstAseq: number): Stream {
  const nothing = { ids: recentIds(IDS_MAX), bootStarts: new Map(), unapplied: new Set<number>(), marks: [] }
  return { scope, firstAseq, ...nothing, isDismissed: false, hasExited: false, lastAseq: Number.POSITIVE_INFINITY }
}

function note(stream: Stream, entry: Entry, aseq: number): void {
  if (aseq === stream.firstAseq || aseq % MARK_EVERY === 1) stream.marks.push(entry.seq)
  if (entry.type === 'message') stream.unapplied.add(aseq)
  else if (entry.type === 'message_applied') stream.unapplied.delete(entry.data.aseq)
  else if (entry.type === 'shutdown') stream.isDismissed = true
  else if (entry.type === 'agent_exited') stream.hasExited = true
  else if (entry.type === 'register' && entry.data.boot !== undefined && !stream.bootStarts.has(entry.data.boot))
    stream.bootStarts.set(entry.data.boot, aseq)
}

function asSeen({ firstAseq }: Stream, entry: Entry, aseq: number): Entry {
  const before = firstAseq - 1
  if (before === 0) return entry
  const own = { ...entry, aseq: aseq - before }
  return own.type === 'message_applied' ? { ...own, data: { ...own.data, aseq: own.data.aseq - before } } : own
}

interface Wanted {
  /** As the reader counts. */
  readonly after: number
  /** `seq` of the last entry that has left: what is in the file may not be on the disk yet. */
  readonly to: number
  readonly boot: string | null
}

async function* entriesAfter(
  options: LiveHostOptions,
  agent: string,
  stream: Stream | undefined,
  { after: seenAfter, to, boot }: Wanted,
): AsyncGenerator<Entry> {
  if (!stream) return
  const after = seenAfter + stream.firstAseq - 1
  const passed = Math.floor(after / MARK_EVERY) - Math.floor((stream.firstAseq - 1) / MARK_EVERY)
  const from = stream.marks[Math.max(0, passed)] ?? stream.marks.at(-1) ?? 1
  const start = boot === null ? 0 : (stream.bootStarts.get(boot) ?? Number.POSITIVE_INFINITY)
  for await (const entry of options.store.read(options.run, { from, to })) {
    if ('unreadable' in entry || entry.agent !== agent || entry.aseq === undefined || entry.aseq <= after) continue
    if (entry.aseq > stream.lastAseq) return
    // Of what came before this boot it gets only the messages that nobody has had yet.
    if (entry.aseq >= start || (entry.type === 'message' && stream.unapplied.has(entry.aseq))) yield asSeen(stream, entry, entry.aseq)
  }
}

function inputOf(event: ClientEvent, before: number): { type: Entry['type']; data: unknown } {
  if (!CLIENT_TYPES.has(event.type))
    return { type: 'agent_activity', data: { event: event.type, data: event.data } satisfies EntryOf<'agent_activity'>['data'] }
  if (event.type === 'message_applied') return { type: event.type, data: { ...event.data, aseq: Number(event.data.aseq) + before } }
  if (event.type !== 'tool_call') return { type: event.type as Entry['type'], data: event.data }
  const { call_id, tool, params = {} } = event.data as { call_id: string; tool: string; params?: Json }
  return { type: 'tool_call', data: { call_id, tool, params } }
}

/** What is wrong with the fields that the runtime itself reads, or null. */
function problemOf({ type, data }: ClientEvent): string | null {
  if (type === 'tool_call') {
    if (typeof data.call_id !== 'string' || data.call_id === '' || data.call_id.length > 256) return 'has no call_id of 1 to 256 characters'
    if (typeof data.tool !== 'string' || data.tool.length > 128) return 'names no tool of at most 128 characters'
  }
  if (
    type === 'register' &&
    (typeof data.execution_id !== 'string' || !isOptional(data.boot, 'string') || !isOptional(data.pid, 'number'))
  ) {
    return 'needs an execution_id'
  }
  if (type === 'message_applied' && !Number.isSafeInteger(data.aseq)) return 'needs the aseq of a message'
  return null
}

function isOptional(value: Json | undefined, type: 'string' | 'number'): boolean {
  return value === undefined || typeof value === type
}
