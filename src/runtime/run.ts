/**
 * The state of one run, live or rerun: who is alive, what is awaited, what time it is. Everything in it follows from the
 * inputs handed over so far.
 */
import type { Draft, Entry, EntryOf, EventData, EventType, RunStarted } from '../log/events.ts'
import type { Image } from '../machines/machine.ts'
import type { AgentRecord } from './agent-record.ts'
import { callSite } from './call-site.ts'
import { outside, turn } from './outside.ts'
import type { ProcessScope } from './process-scope.ts'
import type { Journal, Rim } from './rim.ts'
import { LOST_PATH, Scope, scopeNow } from './scope.ts'
import { createSeqMap, type SeqMap } from './seq-map.ts'

export interface Run {
  readonly id: string
  readonly seed: string
  readonly header: RunStarted
  /** Folder of the run, or null when the store has none. */
  readonly directory: string | null
  readonly journal: Journal
  readonly rim: Rim
  readonly agents: Map<string, AgentRecord>
  /** Permissions to talk, among agents that are there: `from`, a NUL, `to`. */
  readonly edges: Set<string>
  /** Of machines that were not stopped. */
  readonly machineIds: Set<string>
  /** What the program awaits of the world, by the `seq` of the entry that asked for it. */
  readonly pending: SeqMap<Pending>
  readonly defaultImage: Image
  /** Entries of this run by their numbers, at once; null where they cannot be had so: then everything is kept in memory. */
  readonly past: ((seqs: readonly number[]) => readonly Entry[]) | null
  /** What becomes of input and output that goes past the log: a warning, an error, or nothing. */
  readonly io: 'warn' | 'refuse' | 'allow'
  /** Finds the line of the program that is being run; only reruns that explain themselves pay for it. */
  readonly siteNow: (() => string | null) | null
  /** Scope of work that lost its own. */
  readonly lost: Scope
  root: ProcessScope | null
  /** Virtual time: when the input in hand was appended, in ms since 1970. */
  clockMs: number
  readonly startedMs: number
  /** `seq` of the input in hand. */
  turnSeq: number
  inTurn: boolean
  /** Lines at which something unrecorded made the program go on. */
  readonly woken: Set<string>
  /** Who wants to go on once nothing else of this turn can. */
  readonly quiet: (() => void)[]
}

export interface Pending {
  readonly asked: Entry
  readonly process: ProcessScope
  /** Takes the world's answer. */
  settle(answer: Entry): void
  /** Nobody will answer: the process ended first. */
  reject(error: unknown): void
}

export interface RunParts {
  readonly id: string
  readonly header: RunStarted
  readonly directory: string | null
  readonly journal: Journal
  readonly rim: Rim
  readonly defaultImage: Image
  readonly startedMs: number
  /** Default null. */
  readonly past?: Run['past']
  /** Default `warn`. */
  readonly io?: Run['io']
  /** Default null. */
  readonly siteNow?: Run['siteNow']
}

export function createRun(parts: RunParts): Run {
  const run = {
    io: 'warn' as const,
    siteNow: null,
    past: null,
    ...parts,
    seed: parts.header.seed,
    agents: new Map(),
    edges: new Set<string>(),
    machineIds: new Set<string>(),
    pending: createSeqMap<Pending>(),
    root: null,
    clockMs: parts.startedMs,
    turnSeq: 0,
    inTurn: false,
    woken: new Set<string>(),
    quiet: [],
  } as unknown as { -readonly [K in keyof Run]: Run[K] }
  run.lost = new Scope(run, LOST_PATH, null)
  return run
}

export interface OutputExtra {
  readonly agent?: string
  readonly source?: string
  /** What the rim needs besides the entry: functions, drivers. Never recorded. */
  readonly payload?: unknown
  /** Where it was made, when that is known better than the stack knows it. */
  readonly site?: string | null
}

/** Appends a conclusion of the program: the only way anything leaves a scope. */
export function output<T extends EventType>(scope: Scope, type: T, data: EventData[T], extra: OutputExtra = {}): EntryOf<T> {
  const { payload, site, ...envelope } = extra
  const { run } = scope
  if (!run.inTurn) warnOfWake(run, scope)
  const cause = run.turnSeq
  const draft = { type, by: 'program', scope: scope.path, ...(cause > 0 && { cause }), ...envelope, data } as unknown as Draft
  const siteNow = run.siteNow && (() => site ?? run.siteNow?.() ?? scope.site)
  return run.journal.output(draft, payload, siteNow) as EntryOf<T>
}

/**
 * Between two turns a program rests: what makes it go on then is a timer, a promise or an emitter from outside, which no
 * replay can wake it with. One warning per line.
 */
function warnOfWake(run: Run, scope: Scope): void {
  if (run.io === 'allow') return
  const site = callSite()
  if (site === null || run.woken.has(site)) return
  run.woken.add(site)
  const message = `What the program awaited before ${site} is not recorded: a replay cannot wake it. Wrap it in step(name, fn).`
  outside(warn, run, scope.path, 'ERR_UNRECORDED_WAKE', message, site)
}

/** Records what the runtime noticed. */
export function warn(run: Run, scope: string, code: string, message: string, site?: string): void {
  run.journal.note({ type: 'warning', by: 'runtime', scope, data: { code, message, ...(site !== undefined && { site }) } })
}

/** The scope of the running code when it belongs to `run`; else `/?`, with a warning that names the stack. */
export function scopeOrLost(run: Run, call: string): Scope {
  const scope = scopeNow()
  if (scope?.run === run) return scope
  const stack = new Error().stack?.split('\n').slice(3, 8).join('\n') ?? ''
  const message = `${call} ran outside of its scope; its place in the order cannot be replayed.\n${stack}`
  outside(warn, run, LOST_PATH, 'ERR_LOST_SCOPE', message, callSite() ?? undefined)
  return run.lost
}

/** Resolves when the code of this turn has done all it can without another input. */
export function quiet(run: Run): Promise<void> {
  if (!run.inTurn) return turn()
  return new Promise((resolve) => run.quiet.push(resolve))
}
