import { fieldOf } from '../log/entry-field.ts'
import type { Entry, EntryOf } from '../log/events.ts'
import { type Owned, projection } from './projection.ts'

export type NotedKind = 'process_failed' | 'send_refused' | 'agent_exited' | 'agent_error' | 'run_failed'

/** Something that went wrong and stays so: a fact of the log. */
export interface NotedProblem {
  readonly kind: NotedKind
  /** Agent or process it happened to. */
  readonly who: string
  readonly message: string
  readonly seq: number
  readonly time: string
}

/** Warnings of one code: the newest is kept, the others are counted. */
export interface WarningState {
  readonly code: string
  readonly message: string
  readonly site: string | null
  readonly count: number
  readonly firstSeq: number
  readonly lastSeq: number
  readonly lastTime: string
}

/** An agent's model that answers with errors: how often in a row, and the newest of them. */
export interface ModelErrorState {
  readonly message: string
  readonly count: number
  readonly seq: number
  readonly firstTime: string
}

export interface ProblemsState {
  /** The newest 200, oldest first. */
  readonly noted: readonly NotedProblem[]
  readonly droppedCount: number
  /** By code; after 100 codes the rest is counted under `(other)`. */
  readonly warnings: ReadonlyMap<string, WarningState>
  /** By agent: those whose model's last answer was an error; the newest 100, oldest first. */
  readonly modelErrors: ReadonlyMap<string, ModelErrorState>
}

export const problems = projection<ProblemsState>({
  name: 'problems',
  version: 2,
  initial: () => ({ noted: [], droppedCount: 0, warnings: new Map(), modelErrors: new Map() }),
  on: {
    process_failed: (state, entry) => note(state, entry, 'process_failed', entry.scope, entry.data.error.message),
    send_refused: (state, entry) => note(state, entry, 'send_refused', whoOf(entry), `to ${entry.data.to}: ${entry.data.why}`),
    error: (state, entry) => note(state, entry, 'agent_error', whoOf(entry), entry.data.error),
    agent_exited(state, entry) {
      // An end that the run itself asked for is not a problem.
      if (entry.data.by !== 'ramure' && entry.data.cause !== 'shutdown') note(state, entry, 'agent_exited', whoOf(entry), exitText(entry))
    },
    run_ended(state, entry) {
      const { outcome, error } = entry.data
      if (outcome === 'failed' || outcome === 'timed_out') note(state, entry, 'run_failed', entry.scope, error?.message ?? outcome)
    },
    warning: warn,
    message_end: answered,
  },
})

const NOTED_MAX = 200
const WARNING_CODES_MAX = 100
const MESSAGE_CHARS_MAX = 2000

function whoOf({ agent, scope }: Entry): string {
  return agent ?? scope
}

function note(state: Owned<ProblemsState>, entry: Entry, kind: NotedKind, who: string, message: string): void {
  state.noted.push({ kind, who, message: message.slice(0, MESSAGE_CHARS_MAX), seq: entry.seq, time: entry.time })
  if (state.noted.length <= NOTED_MAX) return
  state.noted.shift()
  state.droppedCount += 1
}

function exitText(entry: EntryOf<'agent_exited'>): string {
  const { cause, code, signal, by, message } = entry.data
  const how = [code === undefined ? null : `exit ${code}`, signal ?? null, `by ${by}`].filter((part) => part !== null).join(', ')
  return `${cause} (${how})${message ? `: ${message}` : ''}`
}

function warn(state: Owned<ProblemsState>, entry: EntryOf<'warning'>): void {
  const code = state.warnings.has(entry.data.code) || state.warnings.size < WARNING_CODES_MAX ? entry.data.code : '(other)'
  const known = state.warnings.get(code)
  state.warnings.set(code, {
    code,
    message: entry.data.message.slice(0, MESSAGE_CHARS_MAX),
    site: entry.data.site ?? null,
    count: (known?.count ?? 0) + 1,
    firstSeq: known?.firstSeq ?? entry.seq,
    lastSeq: entry.seq,
    lastTime: entry.time,
  })
}

const MODEL_ERRORS_MAX = 100

/** What an agent's model said, or that it could not; one good answer is enough. */
function answered(state: Owned<ProblemsState>, entry: EntryOf<'message_end'>): void {
  const { agent } = entry
  if (agent === undefined || fieldOf(entry, 'role') !== 'assistant') return
  const known = state.modelErrors.get(agent)
  state.modelErrors.delete(agent)
  if (fieldOf(entry, 'stop_reason') !== 'error') return
  const message = String(fieldOf(entry, 'error') ?? 'it did not say why').slice(0, MESSAGE_CHARS_MAX)
  state.modelErrors.set(agent, { message, count: (known?.count ?? 0) + 1, seq: entry.seq, firstTime: known?.firstTime ?? entry.time })
  if (state.modelErrors.size > MODEL_ERRORS_MAX) state.modelErrors.delete(state.modelErrors.keys().next().value as string)
}
