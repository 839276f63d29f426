/** What needs somebody's attention at a given moment: the noted problems of a run, and what has waited too long. */
import { type AgentState, currentTool } from './agents.ts'
import { brokenText } from './broken.ts'
import { allEndpoints } from './endpoints.ts'
import { quantile } from './histogram.ts'
import { textOfMs } from './moment.ts'
import type { Overview } from './overview.ts'
import type { NotedKind } from './problems.ts'
import { lastTimeOf } from './run.ts'
import { elapsedMs } from './scope.ts'
import { isStuck, stuckText } from './stuck.ts'

/** What goes on for as long as nothing changes it. */
export type LastingKind = 'stalled' | 'stuck' | 'unanswered' | 'unregistered' | 'unapplied' | 'disconnected'
/** What failed the last time, and has not gone well since. */
export type FailingKind = 'model_error' | 'call_failed'

export interface Problem {
  readonly kind: NotedKind | FailingKind | LastingKind | 'counterexample' | 'warning'
  readonly who: string
  readonly message: string
  readonly seq: number
  readonly since: string
  /** How long it has lasted by `now`; null for what happened at one moment. */
  readonly forMs: number | null
  /** For `stalled`: how long the agent usually takes from one word to the next, ms; null when it has said too little to tell. */
  readonly usualMs?: number | null
}

export interface AttentionOptions {
  /** A call that waits longer than this is a problem; default 60 000. */
  readonly unansweredAfterMs?: number
  /** An agent that has not registered, or has not applied a message, after this is a problem; default 30 000. */
  readonly silentAfterMs?: number
  /**
   * An agent at work is stalled when it has been silent for longer than this and for far longer than its usual gaps (ten times the median, three times the 95th percentile);
   * default 60 000. Of one that has said too little to know its gaps, five times as long.
   */
  readonly stalledAfterMs?: number
  /** A run that nothing in it can move any more is a problem after this; default 60 000. */
  readonly stuckAfterMs?: number
  /** Whether the run may still go on; default true unless it has ended. What waits in a dead run waits for nobody. */
  readonly live?: boolean
}

/**
 * Problems of the run as of `now` (ISO 8601), worst first: a broken property, what has lasted, then what fails and went wrong,
 * newest first. What failed in a run that completed nevertheless is none.
 */
export function attention(state: Overview, now: string, options: AttentionOptions = {}): readonly Problem[] {
  const live = (options.live ?? true) && state.run.endedAt === null
  const lasting = live
    ? [
        ...stuckRun(state, now, options),
        ...waitingCalls(state, now, options),
        ...waitingAgents(state, now, options),
        ...stalledAgents(state, now, options),
      ]
    : []
  const failing = state.run.status === 'completed' ? [] : [...modelErrors(state), ...failingCalls(state)]
  const happened: Problem[] = state.problems.noted.map((noted) => ({ ...noted, since: noted.time, forMs: null }))
  const warnings: Problem[] = [...state.problems.warnings.values()].map((warning) => ({
    kind: 'warning',
    who: warning.code,
    message: warning.count > 1 ? `${warning.message} (${warning.count} times)` : warning.message,
    seq: warning.lastSeq,
    since: warning.lastTime,
    forMs: null,
  }))
  const newest = [...failing, ...happened].sort((left, right) => right.seq - left.seq)
  return [...refuted(state), ...lasting.sort((left, right) => left.seq - right.seq), ...newest, ...warnings]
}

function modelErrors({ problems }: Overview): Problem[] {
  return [...problems.modelErrors].map(([who, { message, count, seq, firstTime }]) => ({
    kind: 'model_error',
    who,
    message: `${message}${timesText(count)}`,
    seq,
    since: firstTime,
    forMs: null,
  }))
}

function failingCalls({ calls }: Overview): Problem[] {
  return [...calls.failing.values()].map(({ agent, scope, label, message, count, seq, time }) => ({
    kind: 'call_failed',
    who: agent ?? scope,
    message: `${label}: ${message}${timesText(count)}`,
    seq,
    since: time,
    forMs: null,
  }))
}

function timesText(count: number): string {
  return count > 1 ? ` (${count} times)` : ''
}

/** A run that can be called waits for calls: that is what it is for. */
function stuckRun(state: Overview, now: string, { stuckAfterMs = 60_000 }: AttentionOptions): Problem[] {
  const { run, processes, endpoints } = state
  const since = lastTimeOf(run) ?? now
  const forMs = elapsedMs(since, now)
  if (forMs < stuckAfterMs || !isStuck(state) || processes.byPath.size === 0) return []
  if (allEndpoints(endpoints).some(({ process }) => process.lastIndexOf('/') === 0)) return []
  return [{ kind: 'stuck', who: '/', message: stuckText(state), seq: run.lastSeq, since, forMs }]
}

/** A run that was kept for what it refutes. */
function refuted({ run: { counterexample, process, startedAt } }: Overview): Problem[] {
  if (counterexample === null) return []
  const message = brokenText(counterexample)
  return [{ kind: 'counterexample', who: process ?? '/', message, seq: 1, since: startedAt ?? '', forMs: null }]
}

function waitingCalls(state: Overview, now: string, options: AttentionOptions): Problem[] {
  const limitMs = options.unansweredAfterMs ?? 60_000
  return [...state.calls.pending.values()].flatMap((call) => {
    const forMs = elapsedMs(call.since, now)
    if (call.kind === 'timer' || forMs < limitMs) return []
    return [
      {
        kind: 'unanswered' as const,
        who: call.agent ?? call.scope,
        message: `${call.kind} ${call.label}`,
        seq: call.seq,
        since: call.since,
        forMs,
      },
    ]
  })
}

function waitingAgents(state: Overview, now: string, options: AttentionOptions): Problem[] {
  const limitMs = options.silentAfterMs ?? 30_000
  return [...state.agents.byName.values()].flatMap((agent) => {
    const problem = silence(agent)
    if (!problem) return []
    const forMs = elapsedMs(problem.since, now)
    return problem.kind === 'disconnected' || forMs >= limitMs ? [{ ...problem, who: agent.name, forMs }] : []
  })
}

function silence(agent: AgentState): Pick<Problem, 'kind' | 'message' | 'seq' | 'since'> | null {
  if (agent.state === 'disconnected') {
    return { kind: 'disconnected', message: 'its connection is gone', seq: agent.lastSeq, since: textOfMs(agent.lastMs) }
  }
  if (agent.state === 'created') {
    return { kind: 'unregistered', message: 'has not registered yet', seq: agent.createdSeq, since: agent.createdAt }
  }
  const [oldest] = agent.unapplied.values()
  if (agent.state === 'exited' || agent.state === 'leaving' || agent.inTurn || !oldest) return null
  const count = agent.unapplied.size
  return {
    kind: 'unapplied',
    message: `${count} ${count === 1 ? 'message' : 'messages'} not taken up`,
    seq: oldest.seq,
    since: oldest.since,
  }
}

/** Judged by what it says, not by its process: one that lives may do nothing, and one that cannot be seen may do a lot. */
function stalledAgents(state: Overview, now: string, { stalledAfterMs = 60_000 }: AttentionOptions): Problem[] {
  return [...state.agents.byName.values()].flatMap((agent) => {
    const { heard } = agent
    // While the program has to answer, the agent is not the one who is late.
    if (heard === null || !agent.inTurn || agent.state === 'disconnected' || agent.state === 'leaving' || agent.openTools.size > 0)
      return []
    const knows = heard.gaps.count >= GAPS_MIN
    const usualMs = knows ? quantile(heard.gaps, 0.5) : null
    const limitMs = knows ? Math.max(stalledAfterMs, 10 * (usualMs ?? 0), 3 * (quantile(heard.gaps, 0.95) ?? 0)) : 5 * stalledAfterMs
    const forMs = elapsedMs(textOfMs(heard.lastMs), now)
    if (forMs < limitMs) return []
    const tool = currentTool(agent)
    const message = tool === null ? 'at work, and silent' : `at work in ${tool.tool}, and silent`
    return [{ kind: 'stalled' as const, who: agent.name, message, seq: heard.lastSeq, since: textOfMs(heard.lastMs), forMs, usualMs }]
  })
}

/** With fewer gaps than this, nobody knows what is usual. */
const GAPS_MIN = 5
