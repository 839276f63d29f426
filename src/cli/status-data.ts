/** A status as plain data: what `status --json` prints and what the text is made of. */
import { NEVER_BEGAN } from '../log/store-errors.ts'
import { type AgentState, currentTool } from '../projections/agents.ts'
import { attention, type Problem } from '../projections/attention.ts'
import { type Edge, edges } from '../projections/connections.ts'
import { allEndpoints } from '../projections/endpoints.ts'
import { quantile } from '../projections/histogram.ts'
import { textOfMs } from '../projections/moment.ts'
import { lastTimeOf } from '../projections/run.ts'
import type { Usage } from '../projections/usage.ts'
import type { AgentsAlive } from './liveness.ts'
import type { Life, LoadedRun } from './load.ts'
import { nextStep } from './next-step.ts'
import { statusOf } from './status-word.ts'

export interface UsageData {
  readonly tokens: number | null
  readonly cost_usd: number | null
  readonly unpriced: number
}

export interface StatusLook {
  readonly nowMs: number
  /** What the run is called in commands that are proposed. */
  readonly name: string
  readonly alive: AgentsAlive
}

export function statusData(loaded: LoadedRun, { nowMs, name, alive }: StatusLook) {
  const { state, life } = loaded
  const now = new Date(nowMs).toISOString()
  const { run } = state
  const agentsOf = Map.groupBy(state.agents.byName.values(), ({ process }) => process)
  return {
    run: loaded.run,
    status: statusOf(loaded),
    live: life === 'live',
    /** Whether its own process lives: `unknown` on another machine; null once it has an end. */
    liveness: LIVENESS[life],
    process: run.process,
    args: run.args,
    program: run.program,
    summary: run.summary,
    pid: run.pid,
    host: run.host,
    parent: run.parent,
    counterexample: run.counterexample,
    started_at: run.startedAt,
    ended_at: run.endedAt,
    duration_ms: run.durationMs ?? ageMs(run.startedAt, life === 'live' ? nowMs : run.lastMs),
    result: run.result ?? null,
    error: run.error ?? null,
    events: run.eventsCount,
    last_event_at: lastTimeOf(run),
    stop_requested: run.stopRequested,
    usage: usageData(state.usage.total),
    problems: problemsOf(loaded, now, name, alive),
    processes: [...state.processes.byPath.values()].map((process) => ({
      path: process.path,
      process: process.process,
      parent: process.parent,
      mode: process.mode,
      state: process.state,
      started_at: process.startedAt,
      ended_at: process.endedAt,
      agents: agentsOf.get(process.path)?.map((agent) => agent.name) ?? [],
      usage: usageData(state.usage.byProcess.get(process.path)?.subtree),
      own_usage: usageData(state.usage.byProcess.get(process.path)?.own),
    })),
    agents: [...state.agents.byName.values()].map((agent) => ({
      ...agentData(agent, life),
      alive: alive.get(agent.name) ?? null,
      usage: usageData(state.usage.byAgent.get(agent.name)?.own),
    })),
    connections: edges(state.connections),
    endpoints: allEndpoints(state.endpoints).map((endpoint) => ({
      name: endpoint.name,
      process: endpoint.process,
      definition: endpoint.definition,
      calls: endpoint.calls,
      p50_ms: quantile(endpoint.latency, 0.5),
      p95_ms: quantile(endpoint.latency, 0.95),
    })),
    pending: [...state.calls.pending.values()],
    unreadable: loaded.unreadable,
  }
}

export type StatusData = ReturnType<typeof statusData>

function usageData(used: Usage | undefined): UsageData {
  if (!used || used.reportsCount === 0) return { tokens: null, cost_usd: null, unpriced: 0 }
  return { tokens: used.totalTokens, cost_usd: used.pricedCount === 0 ? null : used.costNanoUsd / 1e9, unpriced: used.unpricedCount }
}

/** One edge per pair: `both` when each may speak to the other. */
export function pairs(all: readonly Edge[]): readonly (Edge & { readonly both: boolean })[] {
  const known = new Set(all.map(({ a, b }) => `${a} ${b}`))
  const has = (a: string, b: string) => known.has(`${a} ${b}`)
  return all.filter(({ a, b }) => a <= b || !has(b, a)).map(({ a, b }) => ({ a, b, both: a !== b && has(b, a) }))
}

const LIVENESS = { live: 'alive', orphaned: 'dead', unknown: 'unknown', ended: null } as const

export interface ProblemData extends Omit<Problem, 'kind'> {
  readonly kind: Problem['kind'] | 'orphaned'
  /** For what hangs on an agent: whether its process lives, or null when that cannot be known. */
  readonly alive?: boolean | null
  /** The command that says more, or helps. */
  readonly next: string
}

/** An orphaned run's own end is its first problem. */
function problemsOf(loaded: LoadedRun, now: string, name: string, alive: AgentsAlive): readonly ProblemData[] {
  const live = loaded.life === 'live'
  const { byName } = loaded.state.agents
  const found = attention(loaded.state, now, { live }).filter((problem, _index, all) => !isSaidTwice(problem, all))
  return [...orphaned(loaded, now), ...found].map((problem) => {
    const seen = alive.get(problem.who)
    const hasTerminal = seen !== false && (byName.get(problem.who)?.tmuxSession ?? null) !== null
    return { ...problem, ...(LASTING.has(problem.kind) && { alive: seen ?? null }), next: nextStep(problem, { name, live, hasTerminal }) }
  })
}

/** Problems of an agent that go on. */
const LASTING: ReadonlySet<string> = new Set(['stalled', 'unregistered', 'unapplied', 'disconnected'])

/** A run fails as its first process does: one of the two is enough. */
function isSaidTwice(problem: Problem, all: readonly Problem[]): boolean {
  if (problem.kind !== 'process_failed' || problem.who.lastIndexOf('/') !== 0) return false
  return all.some(({ kind, message }) => kind === 'run_failed' && message === problem.message)
}

function orphaned({ life, state, unreadable }: LoadedRun, now: string): readonly (Omit<Problem, 'kind'> & { readonly kind: 'orphaned' })[] {
  if (life !== 'orphaned') return []
  const { pid, host, lastSeq } = state.run
  const message =
    lastSeq === 0 && unreadable.length === 0 ? NEVER_BEGAN : `its process ${pid ?? '—'} on ${host ?? '—'} is gone and no end was recorded`
  return [{ kind: 'orphaned', who: 'runtime', message, seq: lastSeq, since: lastTimeOf(state.run) ?? now, forMs: null }]
}

function agentData(agent: AgentState, life: Life) {
  const tool = currentTool(agent)
  return {
    name: agent.name,
    driver: agent.driver,
    model: agent.model,
    machine: agent.machine,
    process: agent.process,
    tmux_session: agent.tmuxSession,
    pid: agent.pid,
    state: agent.state,
    /** True when nobody is there any more to say what became of it: `state` is then only the last that was heard. */
    lost: life !== 'live' && life !== 'unknown' && agent.state !== 'exited',
    exit: agent.exit,
    tool: tool ? { name: tool.tool, seq: tool.seq, since: tool.since } : null,
    tool_calls: agent.toolCalls,
    messages: agent.messages,
    last_seq: agent.lastSeq,
    last_event_at: textOfMs(agent.lastMs),
  }
}

function ageMs(from: string | null, toMs: number): number | null {
  return from === null || Number.isNaN(toMs) ? null : Math.max(0, toMs - Date.parse(from))
}
