import { fieldInside, fieldOf } from '../log/entry-field.ts'
import type { EntryOf } from '../log/events.ts'
import { type Owned, projection } from './projection.ts'
import { retainEnded, revive } from './retain.ts'
import { parentPath, processOf } from './scope.ts'

/** What models were asked for. Zero reports means unknown, not nothing; `unpricedCount` reports had no known cost. */
export interface Usage {
  readonly reportsCount: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cacheReadTokens: number
  readonly cacheWriteTokens: number
  readonly totalTokens: number
  /** In billionths of a US dollar: whole numbers add up the same in every order. */
  readonly costNanoUsd: number
  readonly pricedCount: number
  readonly unpricedCount: number
}

export interface AgentUsage {
  readonly process: string | null
  readonly own: Usage
}

export interface ProcessUsage {
  readonly parent: string | null
  /** Of agents that belong to this process itself. */
  readonly own: Usage
  /** `own` and everything below. */
  readonly subtree: Usage
}

/** The oldest ended agents and processes are dropped after a thousand; what they used stays in every sum above them. */
export interface UsageState {
  readonly total: Usage
  readonly byAgent: ReadonlyMap<string, AgentUsage>
  readonly byProcess: ReadonlyMap<string, ProcessUsage>
  readonly endedAgents: readonly string[]
  readonly endedProcesses: readonly string[]
}

export const usage = projection<UsageState>({
  name: 'usage',
  version: 1,
  initial: () => ({ total: emptyUsage(), byAgent: new Map(), byProcess: new Map(), endedAgents: [], endedProcesses: [] }),
  on: {
    process_spawned: (state, { scope }) => spawned(state, scope),
    process_done: (state, { scope }) => ended(state, scope),
    process_failed: (state, { scope }) => ended(state, scope),
    process_cancelled: (state, { scope }) => ended(state, scope),
    agent_created(state, { agent, scope }) {
      if (agent !== undefined) created(state, agent, scope)
    },
    agent_exited(state, { agent }) {
      if (agent !== undefined && state.byAgent.has(agent)) state.byAgent.delete(retainEnded(state.endedAgents, agent) ?? '')
    },
    usage: report,
  },
})

export function emptyUsage(): Owned<Usage> {
  return {
    reportsCount: 0,
    inputTokens: 0,
    outputTokens: 0,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    totalTokens: 0,
    costNanoUsd: 0,
    pricedCount: 0,
    unpricedCount: 0,
  }
}

/** Adds `more` to `sum`, in place. */
export function addUsage(sum: Owned<Usage>, more: Usage): void {
  sum.reportsCount += more.reportsCount
  sum.inputTokens += more.inputTokens
  sum.outputTokens += more.outputTokens
  sum.cacheReadTokens += more.cacheReadTokens
  sum.cacheWriteTokens += more.cacheWriteTokens
  sum.totalTokens += more.totalTokens
  sum.costNanoUsd += more.costNanoUsd
  sum.pricedCount += more.pricedCount
  sum.unpricedCount += more.unpricedCount
}

function spawned(state: Owned<UsageState>, path: string): void {
  if (state.byProcess.has(path)) return
  revive(state.endedProcesses, path)
  const parent = processOf(parentPath(path), (above) => state.byProcess.has(above))
  state.byProcess.set(path, { parent, own: emptyUsage(), subtree: emptyUsage() })
}

function ended(state: Owned<UsageState>, path: string): void {
  if (state.byProcess.has(path)) forgetProcess(state, retainEnded(state.endedProcesses, path))
}

/** A new agent of an old name starts from nothing; what the old one used stays in its process. */
function created(state: Owned<UsageState>, agent: string, scope: string): void {
  revive(state.endedAgents, agent)
  state.byAgent.set(agent, { process: processOf(scope, (path) => state.byProcess.has(path)), own: emptyUsage() })
}

function report(state: Owned<UsageState>, entry: EntryOf<'usage'>): void {
  const { agent } = entry
  const used = usageOf(entry)
  addUsage(state.total, used)
  const known = agent === undefined ? undefined : state.byAgent.get(agent)
  if (known) addUsage(known.own, used)
  const owner = known ? known.process : processOf(entry.scope, (path) => state.byProcess.has(path))
  const own = owner === null ? undefined : state.byProcess.get(owner)
  if (own) addUsage(own.own, used)
  for (let path = owner; path !== null; ) {
    const process = state.byProcess.get(path)
    if (!process) return
    addUsage(process.subtree, used)
    path = process.parent
  }
}

/** What is below a forgotten process goes on adding to what is above it. */
function forgetProcess(state: Owned<UsageState>, path: string | undefined): void {
  const forgotten = path === undefined ? undefined : state.byProcess.get(path)
  if (path === undefined || !forgotten) return
  state.byProcess.delete(path)
  for (const process of state.byProcess.values()) if (process.parent === path) process.parent = forgotten.parent
  for (const agent of state.byAgent.values()) if (agent.process === path) agent.process = forgotten.parent
}

/** An agent reports in its own words: what is missing, negative or not a number was not measured. */
function usageOf(entry: EntryOf<'usage'>): Usage {
  const inputTokens = tokens(fieldOf(entry, 'input_tokens'))
  const outputTokens = tokens(fieldOf(entry, 'output_tokens'))
  const cacheReadTokens = tokens(fieldOf(entry, 'cache_read_tokens'))
  const cacheWriteTokens = tokens(fieldOf(entry, 'cache_write_tokens'))
  const totalTokens = tokens(fieldOf(entry, 'total_tokens')) || inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens
  const cost = costOf(entry)
  return {
    reportsCount: 1,
    inputTokens,
    outputTokens,
    cacheReadTokens,
    cacheWriteTokens,
    totalTokens,
    costNanoUsd: cost ?? 0,
    pricedCount: cost === null ? 0 : 1,
    unpricedCount: cost === null ? 1 : 0,
  }
}

function tokens(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.round(value) : 0
}

/** A number, or an object with a `total`, in US dollars. */
function costOf(entry: EntryOf<'usage'>): number | null {
  const usd = fieldInside(entry, 'cost', 'total') ?? fieldOf(entry, 'cost')
  return typeof usd === 'number' && Number.isFinite(usd) && usd >= 0 ? Math.round(usd * 1e9) : null
}
