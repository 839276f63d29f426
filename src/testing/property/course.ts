/** What a recording says about calls, ends and agents: the questions behind the invariants. */
import type { Entry } from '../../log/events.ts'
import { parentPath } from '../../projections/scope.ts'
import type { SimulatedRun } from '../simulated-run.ts'

/** A call that was answered twice, or never although its agent is still there. */
export function answeredOnce({ entries, outcome }: SimulatedRun): string | null {
  const open = new Map<string, Entry & { readonly type: 'tool_call' }>()
  const answered = new Map<string, number>()
  for (const entry of entries) {
    if (entry.type === 'tool_call' && !answered.has(entry.data.call_id)) open.set(entry.data.call_id, entry)
    else if (entry.type === 'tool_result') {
      const { call_id } = entry.data
      const before = answered.get(call_id)
      if (before !== undefined) return `the call ${call_id} of ${entry.agent} was answered twice: #${before} and #${entry.seq}`
      answered.set(call_id, entry.seq)
      open.delete(call_id)
    } else if (entry.type === 'shutdown' || entry.type === 'agent_exited') {
      for (const [id, call] of open) if (call.agent === entry.agent) open.delete(id)
    }
  }
  const [left] = open.values()
  const isOver = outcome !== 'killed' && outcome !== 'log_dead'
  return left && isOver ? `${left.agent}.${left.data.tool} (#${left.seq}) was never answered` : null
}

const PROCESS_ENDS: ReadonlySet<Entry['type']> = new Set(['process_done', 'process_failed', 'process_cancelled'])

/** A process that ended twice or, in a run that has ended, never; or one that decided twice. */
export function endedOnce({ entries }: SimulatedRun, isOver: boolean): string | null {
  const running = new Map<string, { decidedSeq: number | null; endedSeq: number | null }>()
  for (const entry of entries) {
    if (entry.type === 'process_spawned') running.set(entry.scope, { decidedSeq: null, endedSeq: null })
    if (entry.type === 'done' || entry.type === 'fail') {
      const process = owner(running, entry.scope)
      if (process && process.decidedSeq !== null) return `it decided twice: ${wordsAt(entries, process.decidedSeq)}, then ${words(entry)}`
      if (process) process.decidedSeq = entry.seq
    }
    if (PROCESS_ENDS.has(entry.type)) {
      const process = running.get(entry.scope)
      if (process && process.endedSeq !== null) return `${entry.scope} ended twice: #${process.endedSeq} and #${entry.seq}`
      if (process) process.endedSeq = entry.seq
    }
  }
  const [left] = [...running].filter(([, { endedSeq }]) => isOver && endedSeq === null)
  return left ? `${left[0]} never ended, although the run has` : null
}

function owner<T>(processes: ReadonlyMap<string, T>, scope: string): T | undefined {
  for (let path = scope; path !== ''; path = parentPath(path)) if (processes.has(path)) return processes.get(path)
  return undefined
}

function words(entry: Entry): string {
  const what = entry.type === 'done' ? JSON.stringify(entry.data.value) : entry.type === 'fail' ? JSON.stringify(entry.data.reason) : ''
  return `${entry.type}(${what}) at #${entry.seq}`
}

function wordsAt(entries: readonly Entry[], seq: number): string {
  const entry = entries.find((each) => each.seq === seq)
  return entry ? words(entry) : `#${seq}`
}

/** Agents or children that are left when the run has ended. */
export function orphans({ entries, standing, agents }: SimulatedRun): string | null {
  const [agent] = [
    ...standing.map(({ name }) => name),
    ...[...agents.values()].filter(({ state }) => state !== 'exited').map(({ name }) => name),
  ]
  if (agent !== undefined) return `the agent ${agent} is still there after the end of the run`
  const children = new Set<string>()
  for (const entry of entries) {
    if (entry.type === 'process_spawned') children.add(entry.scope)
    else if (PROCESS_ENDS.has(entry.type)) children.delete(entry.scope)
  }
  const [child] = children
  return child === undefined ? null : `the process ${child} is still there after the end of the run`
}

const REFUSED = /^send\(\): agent '(.+)' has ended\.$/

/** Something that went to an agent after its end, or was to. */
export function sentToTheDead({ entries }: SimulatedRun): string | null {
  const ended = new Map<string, number>()
  for (const entry of entries) {
    const { agent = '' } = entry
    if (entry.type === 'agent_created') ended.delete(agent)
    else if (entry.type === 'agent_exited' || entry.type === 'shutdown') ended.set(agent, ended.get(agent) ?? entry.seq)
    else if (entry.type === 'message' && ended.has(agent)) return `${agent} had ended at #${ended.get(agent)} and was sent #${entry.seq}`
    const refused = REFUSED.exec(errorIn(entry))?.[1]
    if (refused !== undefined)
      return `a message to ${refused}, which had ended${ended.has(refused) ? ` at #${ended.get(refused)}` : ''}, was tried at #${entry.seq}`
  }
  return null
}

function errorIn(entry: Entry): string {
  if (entry.type === 'tool_result') return entry.data.error ?? ''
  return entry.type === 'process_failed' ? entry.data.error.message : ''
}
