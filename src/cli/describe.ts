/** What an entry says, in words: a glyph and a word for its kind, then the rest. One case per type of the log. */
import type { Entry, EntryOf, ErrorData, Json, JsonObject } from '../log/events.ts'
import { bytesText, costText, durationText, plural, tokensText } from './figures.ts'
import type { Tone } from './paint.ts'
import { preview, quoted } from './preview.ts'

export interface Described {
  readonly tone: Tone
  readonly glyph: string
  /** What it is: a tool's name, or a word for the kind of entry. */
  readonly word: string
  readonly text: string
  /** What stands beside it: a duration, a caller, a place. */
  readonly side: string
}

/** What an entry alone does not say: what the call it answers was about, and how long that took. */
export interface CallContext {
  readonly label: string | null
  readonly tookMs: number | null
}

/** Texts are not made safe here, except inside values; `formatEntry` does it for the whole line. */
export function describe(entry: Entry, context: CallContext, charsMax: number): Described {
  const value = (json: Json | undefined) => (json === undefined ? '' : preview(json, charsMax))
  const text = (words: string) => quoted(words, charsMax)
  const took = context.tookMs === null ? '' : durationText(context.tookMs)
  const named = (word: string) => context.label ?? word
  switch (entry.type) {
    case 'run_started':
      return line('info', '▶', 'started', `${entry.data.process} ${entry.data.args.map(value).join(' ')}`, entry.data.program ?? '')
    case 'run_ended':
      return ended(entry, value)
    case 'run_forked':
      return line('info', '↳', 'forked', `from ${entry.data.run} #${entry.data.seq}`)
    case 'run_resumed':
      return line('info', '↻', 'resumed', `after #${entry.data.after_seq}`, `gap ${durationText(entry.data.gap_ms)}`)
    case 'log_repaired':
      return line('warn', '!', 'repaired', `${plural(entry.data.bytes, 'torn byte')} set aside in ${entry.data.kept_as}`)
    case 'warning':
      return line('warn', '!', 'warning', `${entry.data.code}: ${entry.data.message}`, entry.data.site ?? '')
    case 'process_spawned':
      return line('info', '▶', entry.data.mode, `${entry.data.process} ${entry.data.args.map(value).join(' ')}`)
    case 'done':
      return line('good', '✔', 'done', `→ ${value(entry.data.value)}`)
    case 'fail':
      return line('bad', '✗', 'fail', text(entry.data.reason))
    case 'process_done':
      return line('good', '✔', 'returned', `→ ${value(entry.data.result)}`)
    case 'process_failed':
      return line('bad', '✗', 'failed', errorText(entry.data.error))
    case 'process_cancelled':
      return line('warn', '■', 'cancelled', entry.data.reason, `by ${entry.data.by}`)
    case 'emit':
      return line('info', '◦', 'emit', `${entry.data.event} ${value(entry.data.data)}`, entry.source ? `from ${entry.source}` : '')
    case 'endpoint_exposed':
      return line('faint', '◇', 'exposed', `${entry.data.endpoint}: ${entry.data.definition.description || 'no description'}`)
    case 'endpoint_called':
      return line('info', '◆', entry.data.endpoint, value(entry.data.kwargs), `by ${entry.data.caller}`)
    case 'endpoint_returned':
      return answer(
        '◆',
        entry.data.endpoint,
        entry.data.ok,
        entry.data.ok ? `→ ${value(entry.data.result)}` : errorText(entry.data.error),
        durationText(entry.data.duration_ms),
      )
    case 'agent_created':
      return line('info', '+', 'created', [entry.data.driver, entry.data.model].filter(Boolean).join(' '), `on ${entry.data.machine}`)
    case 'agent_spawned':
      return line(
        'faint',
        '+',
        'launched',
        entry.data.tmux_session ? `tmux ${entry.data.tmux_session}` : entry.data.driver,
        pidText(entry.data.pid),
      )
    case 'register':
      return line('faint', '+', 'register', 'asks to join', pidText(entry.data.pid))
    case 'registered':
      return line(
        'info',
        '✔',
        'registered',
        [plural(entry.data.tools.length, 'tool'), entry.data.tools.map((tool) => tool.name).join(', ')].filter(Boolean).join(': '),
      )
    case 'tool_registered':
      return line('faint', '+', 'tool', `${entry.data.name}: ${entry.data.description || 'no description'}`)
    case 'message':
      return line('info', '✉', `→ ${entry.agent ?? '?'}`, text(entry.data.text), entry.data.delivery === 'steer' ? 'steers' : '')
    case 'message_applied':
      return line('faint', '✓', 'applied', `message ${entry.data.aseq}`)
    case 'send_refused':
      return line('bad', '✗', 'refused', `to ${entry.data.to}: ${entry.data.why}`)
    case 'tool_call':
      return line('info', '⚒', entry.data.tool, value(entry.data.params))
    case 'tool_result':
      return answer(
        '⚒',
        named('result'),
        entry.data.error === undefined,
        entry.data.error === undefined ? `→ ${value(entry.data.result)}` : entry.data.error,
        took,
      )
    case 'error':
      return line('bad', '✗', 'error', entry.data.error)
    case 'disconnected':
      // Only after its `shutdown` there is something that it answers.
      return context.label === null
        ? line('warn', '!', 'disconnected', 'its connection is gone')
        : line('faint', '·', 'left', 'as it was asked to', took)
    case 'agent_exited':
      return exited(entry)
    case 'shutdown':
      return line('faint', '■', 'shutdown', 'was asked to end')
    case 'connection_added':
      return line('faint', '⇄', 'connected', `${entry.data.a} ${entry.data.direction === 'both' ? '⇄' : '→'} ${entry.data.b}`)
    case 'agent_activity':
      return line('faint', '·', entry.data.event, value(entry.data.data))
    case 'turn_start':
    case 'turn_end':
      return line('faint', '·', entry.type === 'turn_start' ? 'turn' : 'turn end', value(entry.data['turn_index'] ?? ''))
    case 'message_start':
      return line('faint', '·', 'speaks', String(entry.data['role'] ?? ''))
    case 'message_end':
      if (entry.data['stop_reason'] === 'error') return line('bad', '✗', 'model', String(entry.data['error'] ?? 'it did not say why'))
      return line('faint', '·', 'said', typeof entry.data['text'] === 'string' ? text(entry.data['text']) : value(entry.data))
    case 'pi_tool_start':
      return line('info', '⚒', ownTool(entry.data), ownArguments(entry.data, value))
    case 'pi_tool_end':
      return answer('⚒', ownTool(entry.data), entry.data['is_error'] !== true, entry.data['is_error'] === true ? 'failed' : 'ok', took)
    case 'pi_tool_result':
      return answer(
        '⚒',
        ownTool(entry.data),
        entry.data['is_error'] !== true,
        typeof entry.data['text'] === 'string' ? text(entry.data['text']) : value(entry.data),
      )
    case 'usage':
      return line('faint', '·', 'usage', usageText(entry.data), String(entry.data['model'] ?? ''))
    case 'machine_created':
      return line('faint', '+', 'machine', `${entry.data.machine} ${entry.data.kind}`, String(entry.data['workdir'] ?? ''))
    case 'machine_stopped':
      return line('faint', '■', 'machine', `${entry.data.machine} stopped`)
    case 'exec_started':
      return line('info', '$', 'exec', entry.data.command, entry.data.user ? `as ${entry.data.user}` : '')
    case 'exec_result':
      return execResult(entry, took, text)
    case 'file_read_started':
      return line('info', '≡', 'read', entry.data.path)
    case 'file_write_started':
      return line('info', '≡', 'write', entry.data.path, bytesText(entry.data.bytes))
    case 'file_read':
    case 'file_written':
      if ('error' in entry.data) return line('bad', '✗', entry.type === 'file_read' ? 'read' : 'write', errorText(entry.data.error), took)
      return line('none', '≡', entry.type === 'file_read' ? 'read' : 'written', `${named('')} ${bytesText(entry.data.bytes)}`, took)
    case 'step_started':
      return line('info', '◈', 'step', entry.data.name)
    case 'step_result':
      return answer(
        '◈',
        named('step'),
        !('error' in entry.data),
        'error' in entry.data ? errorText(entry.data.error) : `→ ${value(entry.data.value)}`,
        took,
      )
    case 'timer_set':
      return line('faint', '◷', 'timer', `in ${durationText(entry.data.ms)}`)
    case 'timer_fired':
    case 'timer_cleared':
      return line('faint', '◷', 'timer', entry.type === 'timer_fired' ? 'fired' : 'cleared', took)
    case 'cli_send':
      return line('info', '✉', 'send', `to ${entry.data.agent} ${text(entry.data.text)}`, `by ${entry.data.caller}`)
    case 'stop_requested':
      return line('warn', '■', 'stop', entry.data.reason ?? 'was asked for', `by ${entry.data.caller}`)
    default:
      return unknown(entry, charsMax)
  }
}

/** For entries of types this version does not know, and data that does not fit its type. */
export function unknown(entry: { readonly type: string; readonly data: unknown }, charsMax: number): Described {
  return line('warn', '?', String(entry.type), preview((entry.data ?? null) as Json, charsMax))
}

function line(tone: Tone, glyph: string, word: string, text: string, side = ''): Described {
  // A log may have been written by anybody: the types promise texts, the data may hold something else.
  for (const part of [word, text, side]) if (typeof part !== 'string') throw new TypeError('The data does not fit its type.')
  return { tone, glyph, word, text: text.trimEnd(), side }
}

function answer(glyph: string, word: string, ok: boolean, text: string, side = ''): Described {
  return ok ? line('none', glyph, word, text, side) : line('bad', '✗', word, text, side)
}

function ended({ data }: EntryOf<'run_ended'>, value: (json: Json | undefined) => string): Described {
  const side = durationText(data.duration_ms)
  if (data.outcome === 'completed') return line('good', '✔', 'completed', `→ ${value(data.result ?? null)}`, side)
  const glyph = data.outcome === 'cancelled' ? '■' : '✗'
  return line(data.outcome === 'cancelled' ? 'warn' : 'bad', glyph, data.outcome.replace('_', ' '), errorText(data.error), side)
}

function exited({ data }: EntryOf<'agent_exited'>): Described {
  const expected = data.cause === 'shutdown' || data.by === 'ramure'
  const how = [data.code === undefined ? null : `exit ${data.code}`, data.signal ?? null].filter(Boolean).join(' ')
  const why = [data.cause, how, data.message].filter(Boolean).join(' · ')
  return line(expected ? 'faint' : 'bad', expected ? '■' : '✗', 'exited', why, data.by === 'unknown' ? 'sender unknown' : `by ${data.by}`)
}

function execResult({ data }: EntryOf<'exec_result'>, took: string, text: (words: string) => string): Described {
  if ('error' in data) return line('bad', '✗', 'exec', errorText(data.error), took)
  const said = (data.exit_code === 0 ? data.stdout : data.stderr || data.stdout).trim()
  const words = typeof said === 'string' && said !== '' ? ` · ${text(said)}` : ''
  return line(data.exit_code === 0 ? 'none' : 'bad', data.exit_code === 0 ? '$' : '✗', 'exec', `exit ${data.exit_code}${words}`, took)
}

function errorText(error: ErrorData | undefined): string {
  if (!error) return 'no reason was recorded'
  return error.name === 'Error' || error.name === 'RamureError' ? error.message : `${error.name}: ${error.message}`
}

function pidText(pid: number | undefined): string {
  return pid === undefined ? '' : `pid ${pid}`
}

function ownTool(data: JsonObject): string {
  return typeof data['tool'] === 'string' ? data['tool'] : 'tool'
}

/** The one argument that says it all, when there is one. */
function ownArguments(data: JsonObject, value: (json: Json | undefined) => string): string {
  const args = data['args']
  if (typeof args !== 'object' || args === null || Array.isArray(args)) return value(args)
  const object = args as JsonObject
  const only = object['command'] ?? object['path'] ?? (Object.keys(object).length === 1 ? Object.values(object)[0] : undefined)
  return typeof only === 'string' ? only : value(args)
}

function usageText(data: JsonObject): string {
  const tokens = data['total_tokens']
  const cost = data['cost']
  const usd = typeof cost === 'object' && cost !== null && 'total' in cost ? cost.total : cost
  const priced = typeof usd === 'number' ? costText({ costNanoUsd: usd * 1e9, pricedCount: 1, unpricedCount: 0 }) : 'unpriced'
  return `${typeof tokens === 'number' ? tokensText(tokens) : 'tokens unknown'} ${priced}`
}
