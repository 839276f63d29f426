/** Entries as spans: run, processes, agents, turns, calls. Ids come from the run and the entry that begins a span, so they never change. */
import { sha256Hex } from '../log/digest.ts'
import type { Entry, JsonObject } from '../log/events.ts'
import { costNano, type Row, rowMaker } from './row.ts'

export type Attribute = { readonly key: string; readonly value: AttributeValue }
type AttributeValue =
  | { readonly stringValue: string }
  | { readonly intValue: string }
  | { readonly doubleValue: number }
  | { readonly boolValue: boolean }

/** In the spelling of OTLP/JSON: ids in hex, numbers of 64 bits as text. */
export interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  /** 1: internal. */
  readonly kind: 1
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly Attribute[]
  readonly events: readonly { readonly timeUnixNano: string; readonly name: string; readonly attributes: readonly Attribute[] }[]
  readonly droppedEventsCount: number
  /** 0 unset, 1 ok, 2 error. */
  readonly status: { readonly code: 0 | 1 | 2; readonly message?: string }
}

export function attribute(key: string, value: string | number | boolean): Attribute {
  if (typeof value === 'string') return { key, value: { stringValue: value } }
  if (typeof value === 'boolean') return { key, value: { boolValue: value } }
  return { key, value: Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value } }
}

export interface Spanner {
  /** Spans that end with an entry. */
  take(entry: Entry): Span[]
  /** Spans that never ended, up to the last entry and marked as such. */
  end(): Span[]
}

/** Events of one span; more are counted. */
const EVENTS_MAX = 128

export function spanner(run: string): Spanner {
  const traceId = sha256Hex(`ramure ${run}`).slice(0, 32)
  const idOf = (seq: number): string => sha256Hex(`ramure ${run} ${seq}`).slice(0, 16)
  const rowOf = rowMaker(() => ({ tone: '', glyph: '', word: '', text: '', side: '', detail: false }))
  const open = new Map<number, Open>()
  const agents = new Map<string, { readonly span: number; turn: number }>()
  const processes = new Map<string, number>()
  let [runSeq, lastMs] = [0, 0]

  const processAt = (scope: string): number => {
    for (let path = scope; path !== ''; path = path.slice(0, Math.max(0, path.lastIndexOf('/')))) {
      const seq = processes.get(path)
      if (seq !== undefined) return seq
    }
    return runSeq
  }
  const parentOf = (row: Row): number => {
    if (row.opens === 'process') return processAt(row.scope.slice(0, Math.max(0, row.scope.lastIndexOf('/'))))
    const agent = row.opens === 'agent' || row.agent === null ? undefined : agents.get(row.agent)
    if (agent === undefined) return processAt(row.scope)
    return row.opens === 'turn' || agent.turn === 0 ? agent.span : agent.turn
  }
  const begin = (row: Row, entry: Entry): Span[] => {
    const cut = row.opens === 'turn' ? finish(agents.get(row.agent ?? '')?.turn ?? 0, row.timeMs, unfinished) : []
    const described = describeSpan(row.opens, entry)
    open.set(row.seq, { seq: row.seq, parent: parentOf(row), startMs: row.timeMs, ...described, usage: null, events: [], dropped: 0 })
    if (row.opens === 'process') processes.set(row.scope, row.seq)
    if (row.agent === null) return cut
    if (row.opens === 'agent') agents.set(row.agent, { span: row.seq, turn: 0 })
    const agent = agents.get(row.agent)
    if (row.opens === 'turn' && agent) agent.turn = row.seq
    return cut
  }
  const finish = (seq: number, timeMs: number, how: Ending): Span[] => {
    const span = open.get(seq)
    if (span === undefined) return []
    open.delete(seq)
    return [{ traceId, spanId: idOf(seq), ...(span.parent === 0 ? {} : { parentSpanId: idOf(span.parent) }), ...spanOf(span, timeMs, how) }]
  }
  const close = (row: Row, entry: Entry): Span[] => {
    const agent = row.agent === null ? undefined : agents.get(row.agent)
    const inner = entry.type === 'agent_exited' && agent ? finish(agent.turn, row.timeMs, unfinished) : []
    if (agent && (agent.turn === row.closes || entry.type === 'agent_exited')) agent.turn = 0
    return [...inner, ...finish(row.closes, row.timeMs, endingOf(entry, row.ok))]
  }
  /** A report counts where it was made: in the turn, else in the agent. Counted in both it would count twice. */
  const report = (row: Row, data: JsonObject): void => {
    const agent = row.agent === null ? undefined : agents.get(row.agent)
    const span = open.get(agent === undefined ? runSeq : agent.turn || agent.span)
    if (span) span.usage = addUsage(span.usage, data)
  }
  const note = (row: Row): void => {
    const span = open.get(agents.get(row.agent ?? '')?.span ?? 0)
    if (span === undefined) return
    if (span.events.length >= EVENTS_MAX) span.dropped += 1
    else {
      const attributes = [attribute('ramure.seq', row.seq), attribute('ramure.message.from', row.from ?? row.scope)]
      span.events.push({ timeUnixNano: nano(row.timeMs), name: 'ramure.message', attributes })
    }
  }
  return {
    take(entry) {
      const row = rowOf(entry)
      lastMs = Math.max(lastMs, row.timeMs)
      if (entry.type === 'run_started' && runSeq === 0) {
        runSeq = row.seq
        open.set(row.seq, {
          seq: row.seq,
          parent: 0,
          startMs: row.timeMs,
          ...describeSpan('none', entry),
          usage: null,
          events: [],
          dropped: 0,
        })
      }
      if (entry.type === 'usage') report(row, entry.data)
      if (row.opens === 'message') note(row)
      else if (row.opens !== 'none') return begin(row, entry)
      if (entry.type === 'run_ended') return finish(runSeq, row.timeMs, endingOf(entry, entry.data.outcome === 'completed'))
      return row.closes === 0 ? [] : close(row, entry)
    },
    end: () => [...open.keys()].reverse().flatMap((seq) => finish(seq, lastMs, unfinished)),
  }
}

interface Open {
  readonly seq: number
  readonly parent: number
  readonly startMs: number
  readonly name: string
  readonly attributes: readonly Attribute[]
  usage: Usage | null
  readonly events: Span['events'][number][]
  dropped: number
}

interface Ending {
  readonly ok: boolean | null
  readonly error?: string
  readonly message?: string
  readonly unfinished?: boolean
}

const unfinished: Ending = { ok: null, unfinished: true }

function spanOf(span: Open, timeMs: number, { ok, error, message, unfinished: cut }: Ending): Omit<Span, 'traceId' | 'spanId'> {
  return {
    name: span.name,
    kind: 1,
    startTimeUnixNano: nano(span.startMs),
    endTimeUnixNano: nano(Math.max(span.startMs, timeMs)),
    attributes: [
      attribute('ramure.seq', span.seq),
      ...span.attributes,
      ...(span.usage === null ? [] : usageAttributes(span.usage)),
      ...(error === undefined ? [] : [attribute('error.type', error)]),
      ...(cut ? [attribute('ramure.unfinished', true)] : []),
    ],
    events: span.events,
    droppedEventsCount: span.dropped,
    status: { code: ok === null ? 0 : ok ? 1 : 2, ...(message === undefined ? {} : { message }) },
  }
}

function describeSpan(opens: Row['opens'], entry: Entry): Pick<Open, 'name' | 'attributes'> {
  // Data of a log that somebody edited may hold anything.
  const data = entry.data as Readonly<Record<string, unknown>>
  const text = (name: string): string => String(data[name] ?? '')
  const agent = entry.agent === undefined ? [] : [attribute('gen_ai.agent.name', entry.agent)]
  const operation = (name: string): Attribute => attribute('gen_ai.operation.name', name)
  switch (opens) {
    case 'process':
      return {
        name: `invoke_workflow ${text('process')}`,
        attributes: [
          operation('invoke_workflow'),
          attribute('gen_ai.workflow.name', text('process')),
          attribute('ramure.scope', entry.scope),
        ],
      }
    case 'agent':
      return {
        name: `agent ${entry.agent ?? ''}`,
        attributes: [
          ...agent,
          ...(typeof data['model'] === 'string' ? [attribute('gen_ai.request.model', data['model'])] : []),
          attribute('ramure.driver', text('driver')),
        ],
      }
    case 'turn':
      return { name: `invoke_agent ${entry.agent ?? ''}`, attributes: [operation('invoke_agent'), ...agent] }
    case 'tool':
      return {
        name: `execute_tool ${text('tool')}`,
        attributes: [operation('execute_tool'), ...toolAttributes(text('tool'), text('call_id')), ...agent],
      }
    case 'own_tool':
      return {
        name: `execute_tool ${text('tool')}`,
        attributes: [operation('execute_tool'), ...toolAttributes(text('tool'), text('tool_call_id')), ...agent],
      }
    case 'endpoint':
      return {
        name: `endpoint ${text('endpoint')}`,
        attributes: [attribute('ramure.endpoint', text('endpoint')), attribute('ramure.scope', entry.scope)],
      }
    case 'none':
      return {
        name: `run ${text('process')}`,
        attributes: [
          attribute('gen_ai.conversation.id', text('run')),
          attribute('ramure.run', text('run')),
          attribute('ramure.program', text('program')),
        ],
      }
    default:
      return {
        name: entry.type.replace(/_started$/, ''),
        attributes: [
          attribute('ramure.scope', entry.scope),
          ...(data['name'] === undefined ? [] : [attribute('ramure.step', text('name'))]),
        ],
      }
  }
}

function toolAttributes(tool: string, callId: string): Attribute[] {
  return [attribute('gen_ai.tool.name', tool), attribute('gen_ai.tool.call.id', callId), attribute('gen_ai.tool.type', 'function')]
}

/** `error.type` has few values, whatever went wrong: messages are in the status. */
function endingOf(entry: Entry, ok: boolean | null): Ending {
  if (ok !== false) return { ok }
  const data = entry.data as Readonly<Record<string, unknown>>
  const error = data['error']
  if (typeof error === 'string') return { ok, error: 'tool_error', message: error.slice(0, MESSAGE_MAX) }
  if (typeof error === 'object' && error !== null && 'message' in error) {
    const name = 'code' in error ? error.code : 'name' in error ? error.name : 'Error'
    return { ok, error: String(name), message: String(error.message).slice(0, MESSAGE_MAX) }
  }
  return { ok, error: String(data['cause'] ?? data['outcome'] ?? '_OTHER') }
}

const MESSAGE_MAX = 1000

interface Usage {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cacheReadTokens: number
  readonly cacheWriteTokens: number
  readonly costNano: number | null
  readonly model: string | null
  readonly provider: string | null
}

/** Input tokens are all of them in the conventions, those from a cache included; agents report them apart. */
function addUsage(before: Usage | null, data: JsonObject): Usage {
  const tokens = (name: string): number => {
    const value = data[name]
    return typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.round(value) : 0
  }
  const name = (field: string, old: string | null | undefined): string | null =>
    typeof data[field] === 'string' ? (data[field] as string) : (old ?? null)
  const cost = costNano(data['cost'])
  const [read, write] = [tokens('cache_read_tokens'), tokens('cache_write_tokens')]
  return {
    inputTokens: (before?.inputTokens ?? 0) + tokens('input_tokens') + read + write,
    outputTokens: (before?.outputTokens ?? 0) + tokens('output_tokens'),
    cacheReadTokens: (before?.cacheReadTokens ?? 0) + read,
    cacheWriteTokens: (before?.cacheWriteTokens ?? 0) + write,
    costNano: cost === null ? (before?.costNano ?? null) : (before?.costNano ?? 0) + cost,
    model: name('model', before?.model),
    provider: name('provider', before?.provider),
  }
}

function usageAttributes(usage: Usage): Attribute[] {
  return [
    ...(usage.provider === null ? [] : [attribute('gen_ai.provider.name', usage.provider)]),
    ...(usage.model === null ? [] : [attribute('gen_ai.response.model', usage.model)]),
    attribute('gen_ai.usage.input_tokens', usage.inputTokens),
    attribute('gen_ai.usage.output_tokens', usage.outputTokens),
    attribute('gen_ai.usage.cache_read.input_tokens', usage.cacheReadTokens),
    attribute('gen_ai.usage.cache_creation.input_tokens', usage.cacheWriteTokens),
    ...(usage.costNano === null ? [] : [attribute('ramure.usage.cost_usd', usage.costNano / 1e9)]),
  ]
}

function nano(ms: number): string {
  return `${Math.max(0, Math.round(ms))}000000`
}
