/** What a program was waiting for when nothing more came: the view of a post-mortem. */
import type { Entry } from '../log/events.ts'
import { labelOf } from '../log/label.ts'
import type { ProcessScope } from '../runtime/process-scope.ts'
import type { Run } from '../runtime/run.ts'
import type { Happened } from './compare.ts'

export interface Waiting {
  readonly scope: string
  /**
   * `exec`, `step`, `timer`, `file_read`, `file_write`: an answer; `agent`: to register; `agent_exit`: to be gone; `tool_call`, `endpoint_called`: a
   * handler that has not answered; `wait`: `done` or `fail`; `unrecorded`: a process that waits for none of these.
   */
  readonly kind: string
  /** Which one: a command, a step, an agent, a tool. */
  readonly label: string
  /** `seq` of the recorded entry that asked, or null when it was asked after the end of the recording, or for `wait`. */
  readonly seq: number | null
  /** When that entry was recorded: ISO 8601, or null. */
  readonly since: string | null
  /** `file:line:column`, when sites were asked for. */
  readonly site: string | null
}

/** What the view needs beside the state of the run. */
export interface WaitingContext {
  /** Where the output with this `seq` was made; default: not known. */
  siteOf?(seq: number): string | null
  /** The recorded `seq` of what the program knows by another one; default the same. */
  seqOf?(seq: number): number
  /** Everything that happened, in order: calls that were not answered are found in it. Default none. */
  readonly trace?: readonly Happened[]
}

/** Everything that `run` waits for, oldest first. */
export function waitingIn(run: Run, { siteOf = () => null, seqOf = (seq) => seq, trace = [] }: WaitingContext = {}): Waiting[] {
  const asked = run.pending.values().map(({ asked: entry }) => waitingFor(entry, seqOf(entry.seq), siteOf(entry.seq)))
  const found = [...asked, ...agentsIn(run, trace, siteOf), ...unanswered(run, trace)]
  const processes = run.root ? processesIn(run.root).filter(({ phase }) => phase === 'running') : []
  const verdicts = processes.filter(isAwaited).map(awaited)
  const known = [...found, ...verdicts]
  const silent = processes.filter(({ scope, children }) => children.size === 0 && !known.some((each) => isInside(each.scope, scope.path)))
  return [...known, ...silent.map(({ scope }) => unrecorded(scope.path, scope.site))].sort(
    (a, b) => (a.seq ?? Number.POSITIVE_INFINITY) - (b.seq ?? Number.POSITIVE_INFINITY),
  )
}

function waitingFor(entry: Entry, seq: number, site: string | null): Waiting {
  const kind = entry.type.replace(/_(started|set)$/, '')
  return { scope: entry.scope, kind, label: labelOf(entry), seq: seq > 0 ? seq : null, since: entry.time ?? null, site }
}

/** Agents that have not registered, and those that were told to go. */
function agentsIn(run: Run, trace: readonly Happened[], siteOf: (seq: number) => string | null): Waiting[] {
  return [...run.agents.values()].flatMap(({ name, owner, state }) => {
    if (state !== 'created' && state !== 'shutdown') return []
    const [kind, type] = state === 'created' ? ['agent', 'agent_created'] : ['agent_exit', 'shutdown']
    const seq = trace.findLast(({ what }) => what.type === type && what.agent === name)?.as ?? 0
    return [{ scope: owner.scope.path, kind, label: name, seq: seq > 0 ? seq : null, since: null, site: siteOf(seq) }]
  })
}

/** Calls of agents and of endpoints whose handler has not answered. */
function unanswered(run: Run, trace: readonly Happened[]): Waiting[] {
  const open = new Map<string, Waiting>()
  for (const { what, as } of trace) {
    const { type } = what
    const since = 'time' in what ? what.time : null
    const seq = as > 0 ? as : null
    if (type === 'tool_call') {
      const { call_id, tool } = what.data
      const site = run.agents.get(what.agent ?? '')?.tools.get(tool)?.site ?? null
      open.set(call_id, { scope: what.scope, kind: type, label: `${what.agent ?? ''}.${tool}`, seq, since, site })
    } else if (type === 'endpoint_called') {
      open.set(what.data.call_id, { scope: what.scope, kind: type, label: what.data.endpoint, seq, since, site: null })
    } else if (type === 'tool_result' || type === 'endpoint_returned') open.delete(what.data.call_id)
  }
  return [...open.values()]
}

function processesIn(process: ProcessScope): ProcessScope[] {
  return [process, ...[...process.children].flatMap(processesIn)]
}

function isAwaited(process: ProcessScope): boolean {
  return process.awaitedAt !== null && !process.decided
}

function awaited(process: ProcessScope): Waiting {
  return { scope: process.scope.path, kind: 'wait', label: 'done() or fail()', seq: null, since: null, site: process.awaitedAt || null }
}

function isInside(path: string, scope: string): boolean {
  return path === scope || path.startsWith(`${scope}/`)
}

function unrecorded(scope: string, site: string | null): Waiting {
  return { scope, kind: 'unrecorded', label: 'something that no entry stands for', seq: null, since: null, site }
}
