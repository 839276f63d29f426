/**
 * An entry as a picture of a run needs it: who, when, what in a few words, which earlier entry it answers. Rows are made in
 * order by whoever reads the log and are all that a page gets of the entries that nobody has opened.
 */
import type { By, Entry } from '../log/events.ts'
import { isToolOfAgents } from '../runtime/reserved-tools.ts'

/** What an entry opens: a stretch of time that a later entry may close. */
export const KINDS = ['none', 'tool', 'own_tool', 'turn', 'effect', 'endpoint', 'process', 'agent', 'message'] as const
export type Kind = (typeof KINDS)[number]

export interface Said {
  readonly tone: string
  readonly glyph: string
  /** What it is: a tool's name, or a word for the kind of entry. */
  readonly word: string
  readonly text: string
  /** What stands beside it: a duration, a caller, a place. */
  readonly side: string
  /** True for what happens all the time and decides nothing. */
  readonly detail: boolean
}

/** What an entry alone does not say: what the call it answers was about, and how long that took. */
export interface Answered {
  readonly label: string | null
  readonly tookMs: number | null
}

/** Puts an entry into words. Must not throw. */
export type Say = (entry: Entry, answered: Answered) => Said

export interface Row extends Said {
  readonly seq: number
  /** Milliseconds since 1970. */
  readonly timeMs: number
  readonly type: string
  readonly by: By
  readonly scope: string
  readonly agent: string | null
  /** Who sent it, for a message of another agent. */
  readonly from: string | null
  /** `seq` of the entry that led to it, 0 when none is known. */
  readonly cause: number
  readonly opens: Kind
  /** `seq` of the row that it closes, 0 for none. */
  readonly closes: number
  /** Whether what it closes, or itself, went well; null when that cannot be said. */
  readonly ok: boolean | null
  /** Cost it reports in billionths of a US dollar; null when it reports none. */
  readonly costNano: number | null
}

/** A function that makes the rows of one run, entry by entry. It remembers what is open, 100,000 calls at most. */
export function rowMaker(say: Say): (entry: Entry) => Row {
  const open = new Map<string, Open>()
  const wasAskedToGo = askedToGo()
  return (entry) => {
    const isLeaving = wasAskedToGo(entry)
    const mark = safely(() => markOf(entry)) ?? NOTHING
    const opened = mark.closes === undefined ? undefined : open.get(mark.closes)
    if (mark.closes !== undefined) open.delete(mark.closes)
    const timeMs = Date.parse(entry.time) || 0
    // The same key twice is one call: clients send again what they are not sure of.
    const opens = mark.opens !== undefined && !open.has(mark.opens.key) ? mark.opens.kind : 'none'
    if (mark.opens !== undefined && opens !== 'none') {
      if (open.size >= OPEN_MAX) open.delete(open.keys().next().value ?? '')
      open.set(mark.opens.key, { seq: entry.seq, timeMs, label: mark.opens.label })
    }
    const { tone, glyph, word, text, side, detail } = say(entry, {
      label: opened?.label ?? (isLeaving ? 'shutdown' : null),
      tookMs: opened ? timeMs - opened.timeMs : null,
    })
    return {
      seq: entry.seq,
      timeMs,
      type: entry.type,
      by: entry.by,
      scope: entry.scope,
      agent: entry.agent ?? null,
      from: entry.type === 'message' && typeof entry.data?.from === 'string' ? entry.data.from : null,
      cause: entry.cause ?? 0,
      opens,
      closes: opened?.seq ?? 0,
      ok: mark.ok ?? null,
      costNano: entry.type === 'usage' ? costNano(entry.data?.['cost']) : null,
      ...{ tone, glyph, word, text, side, detail },
    }
  }
}

/** In US dollars by billionths, from a number or an object with a `total`; null when it is neither. */
export function costNano(cost: unknown): number | null {
  const usd = typeof cost === 'object' && cost !== null && 'total' in cost ? cost.total : cost
  return typeof usd === 'number' && Number.isFinite(usd) && usd >= 0 ? Math.round(usd * 1e9) : null
}

/** Tells whether a lost connection is that of an agent that was asked to go: then nothing is wrong. */
function askedToGo(): (entry: Entry) => boolean {
  const leaving = new Set<string>()
  return ({ type, agent }) => {
    if (agent === undefined) return false
    if (type === 'shutdown' && leaving.size < OPEN_MAX) leaving.add(agent)
    return (type === 'disconnected' || type === 'agent_created') && leaving.delete(agent) && type === 'disconnected'
  }
}

const OPEN_MAX = 100_000

interface Open {
  readonly seq: number
  readonly timeMs: number
  readonly label: string
}

interface Mark {
  readonly opens?: { readonly kind: Kind; readonly key: string; readonly label: string }
  readonly closes?: string
  readonly ok?: boolean
}

const NOTHING: Mark = {}

function markOf(entry: Entry): Mark {
  const agent = entry.agent ?? ''
  switch (entry.type) {
    case 'process_spawned':
      return opens('process', `process ${entry.scope}`, entry.data.process)
    case 'process_done':
      return { closes: `process ${entry.scope}`, ok: true }
    case 'process_failed':
      return { closes: `process ${entry.scope}`, ok: false }
    case 'process_cancelled':
      return { closes: `process ${entry.scope}` }
    case 'agent_created':
      return opens('agent', `agent ${agent}`, agent)
    case 'agent_exited':
      return { closes: `agent ${agent}`, ...(entry.data.cause === 'shutdown' || entry.data.by === 'ramure' ? {} : { ok: false }) }
    case 'turn_start':
      return opens('turn', `turn ${agent}`, 'turn')
    case 'turn_end':
      return { closes: `turn ${agent}` }
    case 'tool_call':
      return opens('tool', `tool ${agent} ${entry.data.call_id}`, entry.data.tool)
    case 'tool_result':
      return { closes: `tool ${agent} ${entry.data.call_id}`, ok: entry.data.error === undefined }
    case 'pi_tool_start':
      // Of the tools an agent reports only its own are news: the others are tool calls anyway.
      return isToolOfAgents(String(entry.data['tool']))
        ? opens('own_tool', `own ${agent} ${String(entry.data['tool_call_id'])}`, String(entry.data['tool']))
        : NOTHING
    case 'pi_tool_end':
      return { closes: `own ${agent} ${String(entry.data['tool_call_id'])}`, ok: entry.data['is_error'] !== true }
    case 'message':
      return opens('message', `message ${agent} ${entry.aseq ?? `#${entry.seq}`}`, 'message')
    case 'message_applied':
      return { closes: `message ${agent} ${entry.data.aseq}` }
    default:
      return effectMark(entry)
  }
}

function effectMark(entry: Entry): Mark {
  switch (entry.type) {
    case 'endpoint_called':
      return opens('endpoint', `endpoint ${entry.data.call_id}`, entry.data.endpoint)
    case 'endpoint_returned':
      return { closes: `endpoint ${entry.data.call_id}`, ok: entry.data.ok }
    case 'exec_started':
      return opens('effect', `effect ${entry.seq}`, 'exec')
    case 'file_read_started':
    case 'file_write_started':
      return opens('effect', `effect ${entry.seq}`, entry.data.path)
    case 'step_started':
      return opens('effect', `effect ${entry.seq}`, entry.data.name)
    case 'exec_result':
      return { closes: `effect ${entry.cause}`, ok: !('error' in entry.data) && entry.data.exit_code === 0 }
    case 'file_read':
    case 'file_written':
    case 'step_result':
      return { closes: `effect ${entry.cause}`, ok: !('error' in entry.data) }
    default:
      return NOTHING
  }
}

function opens(kind: Kind, key: string, label: unknown): Mark {
  return { opens: { kind, key, label: String(label) } }
}

/** A log may have been written by anybody: data that does not fit its type opens and closes nothing. */
function safely(make: () => Mark): Mark | null {
  try {
    return make()
  } catch {
    return null
  }
}
