/** Questions to a recording. */
import { isDeepStrictEqual } from 'node:util'
import type { Entry, EntryOf, EventData, EventType, Json } from '../log/events.ts'

/**
 * Which entries: by the fields of their data, by `agent` (or `to`, which reads better for messages), `scope`, `by`; every
 * field given must be equal. Or a function of data and entry.
 */
export type Where<T extends EventType> = Fields | ((data: EventData[T], entry: EntryOf<T>) => boolean)

type Fields = {
  readonly agent?: string
  readonly to?: string
  readonly scope?: string
  readonly by?: Entry['by']
  readonly [field: string]: unknown
}

export interface Queries {
  /** Entries of one type, in order, for which `where` holds; default: all. */
  all<T extends EventType>(type: T, where?: Where<T>): readonly EntryOf<T>[]
  /** How many there are. */
  count<T extends EventType>(type: T, where?: Where<T>): number
  first<T extends EventType>(type: T, where?: Where<T>): EntryOf<T> | undefined
  last<T extends EventType>(type: T, where?: Where<T>): EntryOf<T> | undefined
  /** Texts that an agent was sent, in order; default: those of all agents. */
  messages(to?: string): readonly string[]
  /** Calls of tools, in order, with their answers; default: those of all agents. One that was delivered twice was made once. */
  calls(where?: { readonly agent?: string; readonly tool?: string }): readonly MadeCall[]
}

export interface MadeCall {
  readonly agent: string
  readonly tool: string
  readonly params: Json
  readonly seq: number
  /** What it was answered; undefined when it was not, or with an error. */
  readonly result: Json | undefined
  readonly error: string | undefined
}

export function queriesOf(entries: readonly Entry[]): Queries {
  const all = <T extends EventType>(type: T, where: Where<T> = {}): readonly EntryOf<T>[] => {
    const fits = typeof where === 'function' ? (entry: EntryOf<T>) => where(entry.data as EventData[T], entry) : fieldsFit(where)
    return entries.filter((entry): entry is EntryOf<T> => entry.type === type && fits(entry as EntryOf<T>))
  }
  return {
    all,
    count: (type, where) => all(type, where).length,
    first: (type, where) => all(type, where)[0],
    last: (type, where) => all(type, where).at(-1),
    messages: (to) => all('message', to === undefined ? {} : { to }).map(({ data }) => data.text),
    calls: (where = {}) => callsIn(entries, where),
  }
}

function fieldsFit(where: Fields): (entry: Entry) => boolean {
  const wanted = Object.entries(where)
  return (entry) => wanted.every(([field, value]) => isDeepStrictEqual(valueOf(entry, field), value))
}

function valueOf(entry: Entry, field: string): unknown {
  const { data } = entry as { readonly data: Readonly<Record<string, unknown>> }
  if (Object.hasOwn(data, field)) return data[field]
  if (field === 'to') return entry.agent
  return field === 'agent' || field === 'scope' || field === 'by' ? entry[field] : undefined
}

function callsIn(entries: readonly Entry[], { agent, tool }: { readonly agent?: string; readonly tool?: string }): MadeCall[] {
  const keyOf = (entry: EntryOf<'tool_call' | 'tool_result'>) => `${entry.agent} ${entry.data.call_id}`
  const answers = new Map(entries.flatMap((entry) => (entry.type === 'tool_result' ? [[keyOf(entry), entry.data] as const] : [])))
  const made = new Set<string>()
  return entries.flatMap((entry) => {
    if (entry.type !== 'tool_call' || made.has(keyOf(entry))) return []
    made.add(keyOf(entry))
    const { tool: name, params } = entry.data
    if ((agent ?? entry.agent) !== entry.agent || (tool ?? name) !== name) return []
    const answer = answers.get(keyOf(entry))
    return [{ agent: entry.agent ?? '', tool: name, params, seq: entry.seq, result: answer?.result, error: answer?.error }]
  })
}
