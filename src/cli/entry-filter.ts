/** Which entries somebody wants to see. */
import { RamureError } from '../log/error.ts'
import { type Entry, EVENT_TYPES } from '../log/events.ts'
import type { Sieve } from '../log/store.ts'
import { containsGlob } from '../projections/glob.ts'
import { parseWhere, type Where } from '../projections/where.ts'
import { isToolOfAgents } from '../runtime/reserved-tools.ts'
import type { Cli, Options } from './cli.ts'
import { textOption } from './cli.ts'
import { entrySieve } from './entry-sieve.ts'
import { suggest } from './suggest.ts'
import { displayWidth, plain } from './text.ts'
import { momentOf } from './when.ts'

export interface EntryFilter {
  /** Whether it was asked for. */
  wants(entry: Entry): boolean
  /** Whether it was asked for and is a detail that is only counted unless somebody asks for more. */
  folds(entry: Entry): boolean
  /**
   * What a store needs to pass over in its lines what is not wanted, without decoding it; undefined where nothing can be passed over.
   * Entries of the types in `kept` are let through whatever they hold.
   */
  sieve(kept: ReadonlySet<string>): Sieve | undefined
  /** True when everything is wanted. */
  readonly isAll: boolean
  /** Nothing before this moment is wanted, and nothing after the other: ISO 8601, or null. */
  readonly since: string | null
  readonly until: string | null
  /** Agents that were asked for by name; null when all are. */
  readonly agents: readonly string[] | null
}

/**
 * From `--agent a,b`, `--type 'tool_*,message'`, `--since 5m`, `--until 03:12`, `--where '<condition>'`, `--grep text` and
 * `--detail`. Throws ERR_USAGE.
 */
export function entryFilter(cli: Cli, options: Options): EntryFilter {
  const agents = listOption(options, 'agent')
  const types = listOption(options, 'type')
  const [since, until] = [momentOption(cli, options, 'since'), momentOption(cli, options, 'until')]
  const typePattern = types === null ? null : patternOf(types)
  const where = whereOption(options)
  const grep = textOption(options, 'grep')
  if (since !== null && until !== null && since > until) throw nothingBetween(options)
  const showsDetail = options['detail'] === true || typePattern !== null || where !== null || grep !== undefined || cli.output.json
  return {
    wants: (entry) =>
      (agents === null || agents.includes(entry.agent ?? '') || (entry.type === 'message' && agents.includes(entry.data.from ?? ''))) &&
      (typePattern === null || typePattern.test(entry.type)) &&
      (since === null || entry.time >= since) &&
      (until === null || entry.time <= until) &&
      (where === null || where(entry)) &&
      (grep === undefined || isIn(entry, grep)),
    sieve: (kept) => entrySieve({ agents, isType: typePattern && ((type) => typePattern.test(type)), where, grep: grep ?? null }, kept),
    folds: (entry) => !showsDetail && isDetail(entry),
    isAll: agents === null && types === null && since === null && until === null && where === null && grep === undefined,
    since,
    until,
    agents,
  }
}

function momentOption(cli: Cli, options: Options, name: string): string | null {
  const text = textOption(options, name)
  return text === undefined ? null : new Date(momentOf(name, text, { ms: cli.now(), timeZone: cli.timeZone })).toISOString()
}

function nothingBetween(options: Options): RamureError {
  const [since, until] = ['since', 'until'].map((name) => `--${name} ${plain(textOption(options, name) ?? '', 80)}`)
  return new RamureError('ERR_USAGE', `Nothing lies between ${since} and ${until}: the first is the later one.`, {
    hint: 'for example  --since 2h --until 1h',
  })
}

/** Throws ERR_USAGE with a mark under the place that makes no sense. */
function whereOption(options: Options): Where | null {
  const text = textOption(options, 'where')
  if (text === undefined) return null
  const where = parseWhere(text)
  if (typeof where === 'function') return where
  const mark = ' '.repeat(displayWidth(plain(text.slice(0, where.at), WHERE_SHOWN)))
  throw new RamureError('ERR_USAGE', `--where: ${where.message}.\n  ${plain(text, WHERE_SHOWN)}\n  ${mark}^`, {
    hint: `for example  --where 'type == "tool_call" && data.tool ~ "bash"'         more  ramure tail --help`,
  })
}

const WHERE_SHOWN = 400

/** In any text of the entry, keys included; what is escaped in JSON is searched as it reads. */
function isIn({ type, agent = '', scope, data }: Entry, text: string): boolean {
  return containsGlob(`${type} ${agent} ${scope} ${textsOf(data)}`, text)
}

function textsOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  return Object.entries(value)
    .map(([key, item]) => (Array.isArray(value) ? textsOf(item) : `${key}: ${textsOf(item)}`))
    .join(' ')
}

/**
 * Messages that only pass on what another line says, and the agent's own word for a call that is shown as `tool_call`:
 * of the tools it reports, only those it brought itself are news.
 */
export function isDetail(entry: Entry): boolean {
  if (DETAILS.has(entry.type)) return true
  // A log that was edited: whatever that was is to be seen.
  if ((entry.data as unknown) === null) return false
  if (entry.type === 'message_end') return entry.data.stop_reason !== 'error' && (entry.data.role !== 'assistant' || !entry.data.text)
  return (entry.type === 'pi_tool_start' || entry.type === 'pi_tool_end') && !isToolOfAgents(String(entry.data.tool))
}

/** What happens all the time and decides nothing. */
const DETAILS: ReadonlySet<string> = new Set<Entry['type']>([
  'register',
  'agent_spawned',
  'tool_registered',
  'message_applied',
  'agent_activity',
  'turn_start',
  'turn_end',
  'message_start',
  'pi_tool_result',
  'usage',
  'timer_set',
  'timer_fired',
  'timer_cleared',
  'shutdown',
  'machine_stopped',
])

function listOption(options: Options, name: string): readonly string[] | null {
  const text = textOption(options, name)
  if (text === undefined) return null
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

/** `*` stands for any letters. A plain name that no version of ramure knows is a typing mistake. */
function patternOf(types: readonly string[]): RegExp {
  for (const type of types) if (!type.includes('*') && !(EVENT_TYPES as readonly string[]).includes(type)) throw unknownType(type)
  const alternatives = types.map((type) =>
    type
      .split('*')
      .map((part) => part.replace(/[^\w]/g, '\\$&'))
      .join('.*'),
  )
  return new RegExp(`^(?:${alternatives.join('|')})$`)
}

function unknownType(type: string): RamureError {
  const near = suggest(type, EVENT_TYPES)
  return new RamureError('ERR_USAGE', `There is no entry type "${plain(type, 80)}".`, {
    hint: near.length > 0 ? `did you mean  ${near.join('  or  ')}` : "for example  --type 'tool_*,message'",
  })
}
