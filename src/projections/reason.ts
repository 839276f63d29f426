/**
 * What led to an entry: what the log says itself, or what follows from it. The two are told apart, because a `cause` that was
 * recorded is a fact and everything else is a reading of the facts.
 *
 * R1 A reason is always older than what it explains: following reasons ends.
 * R2 Only `cause` is recorded. For how a process ends the recorded one is the input that its cleaning up was at, not why it
 *    ended: there the reason is inferred, and says from what.
 */
import type { Entry, EntryOf, EventType } from '../log/events.ts'
import { parentPath, processOf } from './scope.ts'

export interface Reason {
  readonly seq: number
  readonly link: 'recorded' | 'inferred'
  /** What an inference rests on; null for what was recorded. */
  readonly why: string | null
  /** True when nothing in particular led to it: it belongs to how its agent, its process or the run began. */
  readonly isStart: boolean
}

/** Types that `reasonOf` looks for among the notes. */
export const NOTE_TYPES = [
  'run_started',
  'process_spawned',
  'done',
  'fail',
  'process_done',
  'process_failed',
  'process_cancelled',
  'agent_created',
  'agent_exited',
  'disconnected',
  'shutdown',
  'stop_requested',
  'timer_fired',
  'run_ended',
] as const satisfies readonly EventType[]

/** @param notes entries of NOTE_TYPES in order of `seq`. Null when nothing led to it. */
export function reasonOf(entry: Entry, notes: readonly Entry[]): Reason | null {
  const before = notes.filter(({ seq }) => seq < entry.seq)
  return inferred(entry, before) ?? recorded(entry) ?? fallback(entry, before)
}

/** The first entry that says how the run ended, or null when none does. */
export function endOf(notes: readonly Entry[]): EntryOf<'run_ended'> | null {
  const end = notes.findLast((entry) => entry.type === 'run_ended')
  return end?.type === 'run_ended' ? end : null
}

function recorded({ cause, seq }: Entry): Reason | null {
  return cause !== undefined && cause < seq ? { seq: cause, link: 'recorded', why: null, isStart: false } : null
}

function inferred(entry: Entry, before: readonly Entry[]): Reason | null {
  switch (entry.type) {
    case 'run_ended':
      return rootEnd(entry, before)
    case 'process_done':
      return verdict(entry, before, 'done') ?? inHand(entry, before)
    case 'process_failed':
      return (
        verdict(entry, before, 'fail') ??
        lostAgent(entry, before) ??
        timeout(entry, before) ??
        failedChild(entry, before) ??
        inHand(entry, before)
      )
    case 'process_cancelled':
      return stopped(entry, before) ?? inHand(entry, before)
    default:
      return null
  }
}

function rootEnd(entry: Entry, before: readonly Entry[]): Reason | null {
  const root = before.find(({ type }) => type === 'process_spawned')
  const end = before.findLast((each) => isEnd(each) && each.scope === root?.scope)
  return reason(end, entry, 'a run ends as its first process does')
}

/** The first `done` or `fail` in the process decides what `wait` gives; it explains the end when that says the same. */
function verdict(entry: EntryOf<'process_done' | 'process_failed'>, before: readonly Entry[], type: 'done' | 'fail'): Reason | null {
  const isProcess = pathsOf(before)
  const first = before.find((each) => (each.type === 'done' || each.type === 'fail') && processOf(each.scope, isProcess) === entry.scope)
  if (first?.type !== type) return null
  if (first.type === 'fail' && entry.type === 'process_failed') {
    if (!saysOf(entry.data.error, first.data.reason)) return null
    return reason(first, entry, 'its error is the reason that was given there')
  }
  return reason(first, entry, 'the first done() decides')
}

/** `agent 'x' disconnected` is what the runtime says of a process that lost one. */
function lostAgent(entry: EntryOf<'process_failed'>, before: readonly Entry[]): Reason | null {
  const name = /^agent '([^']+)'/.exec(entry.data.error?.message ?? '')?.[1]
  if (name === undefined) return null
  const gone = before.filter(({ type, agent }) => agent === name && (type === 'agent_exited' || type === 'disconnected'))
  // That it had to leave afterwards is not why.
  const lost =
    gone.findLast((each) => each.type === 'agent_exited' && each.data.by !== 'ramure') ?? gone.find(({ type }) => type === 'disconnected')
  return reason(lost ?? gone.at(-1), entry, 'its error names this agent')
}

function timeout(entry: EntryOf<'process_failed'>, before: readonly Entry[]): Reason | null {
  if (entry.data.error?.code !== 'ERR_TIMEOUT') return null
  const fired = before.findLast(({ type, scope, data }) => type === 'timer_fired' && scope === entry.scope && isTimeout(data))
  return reason(fired, entry, 'its time was up')
}

function isTimeout(data: Entry['data']): boolean {
  return 'timer' in data && typeof data.timer === 'string' && data.timer.startsWith('timeout')
}

/** A failure that was handed on says what the one below it said. */
function failedChild(entry: EntryOf<'process_failed'>, before: readonly Entry[]): Reason | null {
  const child = before.findLast(
    (each) =>
      each.type === 'process_failed' && each.scope.startsWith(`${entry.scope}/`) && saysOf(entry.data.error, each.data.error?.message),
  )
  return reason(child, entry, 'its error repeats that of this child')
}

function saysOf(error: EntryOf<'process_failed'>['data']['error'] | undefined, words: string | undefined): boolean {
  return typeof words === 'string' && words !== '' && error?.message?.includes(words) === true
}

function stopped(entry: EntryOf<'process_cancelled'>, before: readonly Entry[]): Reason | null {
  const isRoot = before.find(({ type }) => type === 'process_spawned')?.scope === entry.scope
  return isRoot
    ? reason(
        before.findLast(({ type }) => type === 'stop_requested'),
        entry,
        'the run was asked to stop',
      )
    : null
}

/** What was being handled when the process, or one above it, told the first of its agents to go. */
function inHand(entry: Entry, before: readonly Entry[]): Reason | null {
  const started = before.findLast(({ type, scope }) => type === 'process_spawned' && scope === entry.scope)?.seq ?? 0
  const first = before.find((each) => each.type === 'shutdown' && each.seq > started && isInside(each.scope, entry.scope))
  if (first?.cause === undefined || first.cause >= entry.seq || first.cause === entry.cause) return null
  return { seq: first.cause, link: 'inferred', why: 'it was being handled when the process began to end', isStart: false }
}

/** Where nothing was recorded: what belongs to a process began with it, what an agent says began with the agent. */
function fallback(entry: Entry, before: readonly Entry[]): Reason | null {
  if (entry.agent !== undefined && entry.type !== 'agent_created') {
    const created = before.findLast(({ type, agent }) => type === 'agent_created' && agent === entry.agent)
    if (created) return reason(created, entry, 'the agent came to it by itself', true)
  }
  const isProcess = pathsOf(before)
  const owner = processOf(entry.type === 'process_spawned' ? parentPath(entry.scope) : entry.scope, isProcess)
  const start = before.findLast(({ type, scope }) => type === 'process_spawned' && scope === owner)
  if (start) return reason(start, entry, 'the process came to it from its start', true)
  return entry.type === 'run_started'
    ? null
    : reason(
        before.find(({ type }) => type === 'run_started'),
        entry,
        'the run began so',
        true,
      )
}

function pathsOf(before: readonly Entry[]): (path: string) => boolean {
  const paths = new Set(before.filter(({ type }) => type === 'process_spawned').map(({ scope }) => scope))
  return (path) => paths.has(path)
}

function isEnd({ type }: Entry): boolean {
  return type === 'process_done' || type === 'process_failed' || type === 'process_cancelled'
}

function isInside(path: string, scope: string): boolean {
  return path === scope || path.startsWith(`${scope}/`)
}

function reason(found: Entry | undefined, of: Entry, why: string, isStart = false): Reason | null {
  return found && found.seq < of.seq ? { seq: found.seq, link: 'inferred', why, isStart } : null
}
