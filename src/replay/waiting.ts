/** What a program was waiting for when nothing more came: the view of a post-mortem. */
import { labelOf } from '../log/label.ts'
import type { ProcessScope } from '../runtime/process-scope.ts'
import type { Run } from '../runtime/run.ts'

export interface Waiting {
  readonly scope: string
  /** `exec`, `step`, `timer`, `file_read`, `file_write`, `agent` (to register), `tool_call` (to be answered) or `wait`. */
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

/** @param siteOf where the output with this `seq` was made. */
export function waitingIn(run: Run, siteOf: (seq: number) => string | null): Waiting[] {
  const asked = [...run.pending.values()].map(({ asked: entry }): Waiting => {
    const kind = entry.type.replace(/_(started|set)$/, '')
    return { scope: entry.scope, kind, label: labelOf(entry), seq: entry.seq > 0 ? entry.seq : null, since: entry.time, site: siteOf(entry.seq) }
  })
  const launching = [...run.agents.values()].filter((record) => record.state === 'created')
  const agents = launching.map((record): Waiting => ({ scope: record.owner.scope.path, kind: 'agent', label: record.name, seq: null, since: null, site: null }))
  const verdicts = run.root ? processes(run.root).filter(isAwaited).map(awaited) : []
  return [...asked, ...agents, ...verdicts].sort((a, b) => (a.seq ?? Number.POSITIVE_INFINITY) - (b.seq ?? Number.POSITIVE_INFINITY))
}

function processes(process: ProcessScope): ProcessScope[] {
  return [process, ...[...process.children].flatMap(processes)]
}

function isAwaited(process: ProcessScope): boolean {
  return process.awaitedAt !== null && !process.decided && process.phase === 'running'
}

function awaited(process: ProcessScope): Waiting {
  return { scope: process.scope.path, kind: 'wait', label: 'done() or fail()', seq: null, since: null, site: process.awaitedAt || null }
}
