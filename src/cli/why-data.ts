/** What `why` says, as data: put together from what was looked up, without looking anything up. */
import type { Entry } from '../log/events.ts'
import type { AgentState } from '../projections/agents.ts'
import { attention, type Problem } from '../projections/attention.ts'
import type { CallKind } from '../projections/calls.ts'
import { textOfMs } from '../projections/moment.ts'
import type { Overview } from '../projections/overview.ts'
import { lastTimeOf } from '../projections/run.ts'
import { isStuck, stuckText } from '../projections/stuck.ts'
import type { LoadedRun } from './load.ts'
import { statusOf } from './status-word.ts'

/** One entry of the chain, and how it is tied to the one before it in this list, which it led to. */
export interface ChainLink {
  readonly entry: Entry
  /** Null for the first one. */
  readonly link: 'recorded' | 'inferred' | null
  readonly why: string | null
}

/** What a scope of the program waits for, as a replay found it. */
export interface WaitingData {
  readonly scope: string
  readonly kind: string
  readonly label: string
  readonly seq: number | null
  readonly since: string | null
  readonly site: { readonly file: string; readonly line: number; readonly column: number } | null
}

export type WaitingView =
  | { readonly known: true; readonly waiting: readonly WaitingData[]; readonly until: number | null; readonly doubt: string | null }
  | { readonly known: false; readonly why: string }

/** What is left of a run on this machine; null where that cannot be seen from here. */
export interface Remains {
  readonly pids: readonly number[]
  readonly tmuxSessions: number | null
}

export interface WhyFacts {
  readonly loaded: LoadedRun
  readonly name: string
  readonly nowMs: number
  /** The entry that was asked for; null when the run itself was. */
  readonly asked: number | null
  readonly chain: readonly ChainLink[]
  readonly chainIsCut: boolean
  readonly tornBytes: number | null
  readonly waiting: WaitingView | null
  readonly remains: Remains | null
  /** Room on the disk of the log now, when that is next to nothing; else null. */
  readonly freeBytes: number | null
  /** Whether the file it was started from is still where it was. */
  readonly programIsThere: boolean
}

/** Started, and not answered by the end of the log. */
export interface InFlight {
  readonly kind: CallKind | 'own_tool' | 'message' | 'turn'
  readonly who: string
  readonly label: string
  readonly seq: number
  readonly since: string
}

export function whyData(facts: WhyFacts) {
  const { loaded, chain, waiting } = facts
  const { state, life } = loaded
  const { run } = state
  return {
    run: loaded.run,
    life,
    status: statusOf(loaded),
    asked: facts.asked,
    pid: run.pid,
    host: run.host,
    started_at: run.startedAt,
    duration_ms: run.durationMs,
    error: run.error ?? null,
    counterexample: run.counterexample,
    result: run.result ?? null,
    log: {
      entries: run.eventsCount,
      last_seq: run.lastSeq,
      last_at: lastTimeOf(run),
      unreadable: loaded.unreadable,
      kept_seq: loaded.keptSeq,
      torn_bytes: facts.tornBytes,
      free_bytes: facts.freeBytes,
    },
    chain: chain.map(({ entry, link, why }) => ({ seq: entry.seq, link, why, entry })),
    chain_is_cut: facts.chainIsCut,
    in_flight: inFlight(state),
    problems: facts.asked === null && run.status !== 'completed' ? alsoWrong(facts) : [],
    waiting,
    /** Why nothing in it can go on by itself, in words; null when something can. */
    stuck: life === 'live' && isStuck(state) ? stuckText(state) : null,
    remains: facts.remains,
    finished: finished(state),
    next: nextCommands(facts),
  }
}

export type WhyData = ReturnType<typeof whyData>

/** Calls, questions to the world, tools and turns of agents, and messages that nobody took up, oldest first. Timers only wait. */
export function inFlight(state: Overview): readonly InFlight[] {
  const calls = [...state.calls.pending.values()]
    .filter(({ kind }) => kind !== 'timer')
    .map(({ kind, agent, scope, label, seq, since }) => ({ kind, who: agent ?? scope, label, seq, since }))
  const agents = [...state.agents.byName.values()].flatMap((agent) => [...own(agent), ...unapplied(agent), ...turn(agent)])
  return [...calls, ...agents].sort((left, right) => left.seq - right.seq)
}

function own({ name, ownTools }: AgentState): readonly InFlight[] {
  return [...ownTools.values()].map(({ tool, seq, since }) => ({ kind: 'own_tool' as const, who: name, label: tool, seq, since }))
}

/** An agent that thinks has nothing open but its turn; what it said last is all that is known of it. */
function turn({ name, inTurn, openTools, ownTools, heard }: AgentState): readonly InFlight[] {
  return inTurn && heard && openTools.size === 0 && ownTools.size === 0
    ? [{ kind: 'turn', who: name, label: 'at work', seq: heard.lastSeq, since: textOfMs(heard.lastMs) }]
    : []
}

function unapplied({ name, unapplied: messages }: AgentState): readonly InFlight[] {
  return [...messages.values()].map(({ seq, since }) => ({ kind: 'message' as const, who: name, label: 'not taken up', seq, since }))
}

/** What a status would tell of it and the chain does not. */
function alsoWrong({ loaded: { state, life }, chain, nowMs }: WhyFacts): readonly Problem[] {
  const told = new Set(chain.map(({ entry }) => entry.seq))
  const found = attention(state, new Date(nowMs).toISOString(), { live: life === 'live' })
  return found.filter(({ kind, seq }) => !TOLD.has(kind) && !told.has(seq))
}

/** A run's end, and how it was handed on, is what the chain begins with; that nothing moves is said below it. */
const TOLD: ReadonlySet<Problem['kind']> = new Set(['run_failed', 'process_failed', 'stuck', 'counterexample'])

/** What was over and is safe in the log. */
function finished(state: Overview) {
  const processes = [...state.processes.byPath.values()].filter((process) => process.state !== 'running')
  const answered = [...state.calls.finished.values()].filter(({ kind }) => kind !== 'timer')
  return {
    processes: processes.map(({ path, process, state: how }) => ({ path, process, how })),
    calls_ok: answered.reduce((sum, { ok }) => sum + ok, 0),
    calls_failed: answered.reduce((sum, { failed }) => sum + failed, 0),
  }
}

/** Commands that exist and fit: what to do first comes first. */
function nextCommands({
  loaded,
  name,
  asked,
  chain,
  remains,
  waiting,
  programIsThere,
}: WhyFacts): readonly (readonly [command: string, what: string])[] {
  const { life, state } = loaded
  const { run } = state
  const decisive = chain.find(({ entry }) => entry.by === 'world' || entry.type === 'fail')?.entry.seq
  const left = remains !== null && (remains.pids.length > 0 || (remains.tmuxSessions ?? 0) > 0)
  const commands: (readonly [string, string] | false)[] = [
    asked === null && run.counterexample !== null && [`ramure export-test ${name}`, 'it as a test that fails until this is mended'],
    asked === null && run.counterexample !== null && [run.counterexample.rerun, 'the test that found it, on this alone'],
    asked === null && life === 'live' && [`ramure status ${name} --watch`, 'who does what, as it changes'],
    life !== 'live' && left && ['ramure doctor --fix', 'ends what outlived it'],
    asked === null &&
      life !== 'live' &&
      decisive !== undefined && [
        `ramure show ${name} ${decisive}`,
        life === 'ended' ? 'what decided it, whole' : 'the last that came in, whole',
      ],
    asked !== null && [`ramure show ${name} ${asked}`, 'the entry whole, and what it led to'],
    asked === null && life !== 'live' && [`ramure tail ${name} -n 40 --detail`, 'the last things that happened'],
    waiting?.known === true && [`ramure replay ${name}`, 'the same program on this log, with no agent'],
    asked === null && life === 'orphaned' && programIsThere && [again(run), 'starts it anew, as a new run'],
    asked === null &&
      loaded.unreadable.length > 0 &&
      !name.includes('/') && [`ramure verify ${name}`, 'what of its log is whole, and what is lost'],
    asked === null && life === 'live' && [`ramure stop ${name}`, 'ends it in order'],
  ]
  return commands.filter((command) => command !== false)
}

/** The command that started it: what can be seen of it. */
function again({ cwd, program, argv }: Overview['run']): string {
  const words = ['node', program ?? '', ...argv].map((word) => (/^[\w./:=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
  return cwd === null ? words.join(' ') : `cd ${cwd} && ${words.join(' ')}`
}
