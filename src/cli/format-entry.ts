/** One entry of a log as one line for people. Everything that shows entries uses this. */
import type { Entry } from '../log/events.ts'
import { type CallContext, type Described, describe, unknown } from './describe.ts'
import { nameTones, painter, type Tone } from './paint.ts'
import { cell, displayWidth, fit, plain } from './text.ts'

export interface FormatOptions {
  /** Columns to fill; null does not cut and does not align what stands at the right. Default null. */
  readonly width?: number | null
  /** Default false. */
  readonly colour?: boolean
  /** Columns of the name; default 10. */
  readonly nameWidth?: number
  /** Digits that numbers are aligned to; a longer one is shown whole, since other commands take it. Default 4. */
  readonly seqDigits?: number
  /** IANA time zone of the clock column; default UTC. */
  readonly timeZone?: string
  /** Shows the seconds since this ISO time instead of the clock; default null. */
  readonly since?: string | null
  /** The tone of a name; default by the name alone. */
  readonly toneOf?: (name: string) => Tone
}

const NO_CONTEXT: CallContext = { label: null, tookMs: null }
/** Characters of a value that are looked at when a line is not cut. */
const CHARS_MAX = 400

/** `entry` on one line, with nothing in it that a terminal would obey. Never throws, whatever the log holds. */
export function formatEntry(entry: Entry, options: FormatOptions = {}, context: CallContext = NO_CONTEXT): string {
  const paint = painter(options.colour ?? false)
  const width = options.width ?? null
  const described = safely(entry, context, width === null ? CHARS_MAX : Math.max(20, Math.min(width, CHARS_MAX)))
  const seq = `#${entry.seq}`.padStart((options.seqDigits ?? 4) + 1)
  const name = plain(nameOf(entry), 64)
  const who = cell(name, options.nameWidth ?? 10)
  const word = cell(plain(described.word, 64), width !== null && width < 80 ? 10 : 12)
  const clock = clockText(entry.time, options)
  const head = `${seq} ${clock} ${who} ${described.glyph} ${word} `
  const left = `${paint('faint', `${seq} ${clock}`)} ${paint(entry.agent === undefined && entry.type !== 'message' ? 'strong' : (options.toneOf ?? nameTones())(name), who)} ${paint(described.tone, `${described.glyph} ${word}`)} `
  return (left + body(described, width === null ? null : width - displayWidth(head), paint)).trimEnd()
}

export interface EntryFormatter {
  (entry: Entry, override?: FormatOptions): string
  /** Takes note of an entry that is not shown: an answer to it may be. */
  note(entry: Entry): void
}

/**
 * Formats entries in order, and says at an answer what was asked and how long it took. Remembers at most 10,000 open calls.
 */
export function entryFormatter(given: FormatOptions = {}): EntryFormatter {
  const options = { toneOf: nameTones(), ...given }
  const open = new Map<string, { readonly label: string; readonly time: string }>()
  const contextOf = (entry: Entry): CallContext | undefined => {
    const key = safeKeyOf(entry)
    if (key === null) return undefined
    const started = open.get(key.id)
    open.delete(key.id)
    if (!key.starts) return started && { label: started.label, tookMs: Date.parse(entry.time) - Date.parse(started.time) }
    if (open.size >= OPEN_MAX) open.delete(open.keys().next().value ?? '')
    open.set(key.id, { label: key.label, time: entry.time })
    return undefined
  }
  const format = (entry: Entry, override: FormatOptions = options) => formatEntry(entry, override, contextOf(entry))
  return Object.assign(format, { note: (entry: Entry) => void contextOf(entry) })
}

/** Types of entries that have to be noted, so that what is shown later is told as what it is. */
export const NOTED_TYPES: ReadonlySet<string> = new Set<Entry['type']>([
  'tool_call',
  'pi_tool_start',
  'shutdown',
  'agent_created',
  'disconnected',
  'exec_started',
  'file_read_started',
  'file_write_started',
  'step_started',
  'timer_set',
])

const OPEN_MAX = 10_000

function safely(entry: Entry, context: CallContext, charsMax: number): Described {
  try {
    return describe(entry, context, charsMax)
  } catch {
    // Its data is not what its type promises, e.g. in a log that was edited by hand: it is shown as it is.
    return unknown(entry, charsMax)
  }
}

/** Who did it: the agent, else the process, which is the last segment of the scope that is no handler, without its number. */
function nameOf(entry: Entry): string {
  if (entry.type === 'message') return String(entry.data?.from ?? processName(entry.scope))
  return String(entry.agent ?? processName(entry.scope))
}

function processName(scope: string): string {
  const segments = String(scope)
    .split('/')
    .filter((segment) => segment !== '' && !segment.startsWith('on:'))
  return segments.at(-1)?.replace(/#\d+$/, '') ?? 'run'
}

function clockText(time: string, options: FormatOptions): string {
  if (options.since) return ((Date.parse(time) - Date.parse(options.since)) / 1000).toFixed(2).padStart(6)
  const zone = options.timeZone ?? 'UTC'
  if (zone === 'UTC') return /T(\d\d:\d\d:\d\d)/.exec(time)?.[1] ?? '--:--:--'
  const ms = Date.parse(time)
  return Number.isNaN(ms) ? '--:--:--' : clockOf(zone).format(ms)
}

const clocks = new Map<string, Intl.DateTimeFormat>()

function clockOf(timeZone: string): Intl.DateTimeFormat {
  const known = clocks.get(timeZone)
  if (known) return known
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' })
  clocks.set(timeZone, clock)
  return clock
}

function body({ text, side, tone }: Described, room: number | null, paint: ReturnType<typeof painter>): string {
  const safe = plain(text)
  const beside = plain(side, 200)
  const toned = (words: string) => paint(tone === 'bad' || tone === 'faint' ? tone : 'none', words)
  if (room === null) return toned(safe) + (beside === '' ? '' : `  ${paint('faint', beside)}`)
  const sideRoom = displayWidth(beside) + 2
  // Beside a very short line nothing has a place: what happened goes first.
  if (beside === '' || room - sideRoom < Math.min(SIDE_TEXT_MIN, displayWidth(safe))) return toned(fit(safe, room))
  return toned(cell(safe, room - sideRoom)) + paint('faint', `  ${beside}`)
}

const SIDE_TEXT_MIN = 16

type Key = { readonly starts: true; readonly id: string; readonly label: string } | { readonly starts: false; readonly id: string } | null

function safeKeyOf(entry: Entry): Key {
  try {
    return keyOf(entry)
  } catch {
    return null
  }
}

function keyOf(entry: Entry): Key {
  switch (entry.type) {
    case 'tool_call':
      return { starts: true, id: `tool ${entry.agent} ${entry.data.call_id}`, label: entry.data.tool }
    case 'tool_result':
      return { starts: false, id: `tool ${entry.agent} ${entry.data.call_id}` }
    case 'pi_tool_start':
      return { starts: true, id: `own ${entry.agent} ${String(entry.data['tool_call_id'])}`, label: String(entry.data['tool']) }
    case 'pi_tool_end':
      return { starts: false, id: `own ${entry.agent} ${String(entry.data['tool_call_id'])}` }
    case 'shutdown':
      return { starts: true, id: `leaving ${entry.agent}`, label: 'shutdown' }
    case 'agent_created':
    case 'disconnected':
      return { starts: false, id: `leaving ${entry.agent}` }
    case 'exec_started':
      return { starts: true, id: `effect ${entry.seq}`, label: 'exec' }
    case 'file_read_started':
    case 'file_write_started':
      return { starts: true, id: `effect ${entry.seq}`, label: entry.data.path }
    case 'step_started':
      return { starts: true, id: `effect ${entry.seq}`, label: entry.data.name }
    case 'exec_result':
    case 'file_read':
    case 'file_written':
    case 'step_result':
      return { starts: false, id: `effect ${entry.cause}` }
    case 'timer_set':
      return { starts: true, id: `timer ${entry.data.timer}`, label: 'timer' }
    case 'timer_fired':
    case 'timer_cleared':
      return { starts: false, id: `timer ${entry.data.timer}` }
    default:
      return null
  }
}
