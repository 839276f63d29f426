/** Whether the processes that a run started still live: yes, no, or not to be known from here. */
import { hostname } from 'node:os'
import { textOfMs } from '../projections/moment.ts'
import type { Overview } from '../projections/overview.ts'
import { isRunning } from '../wire/running.ts'

/** By agent: true, false, or null when that cannot be seen from here. Agents that never told their pid are left out. */
export type AgentsAlive = ReadonlyMap<string, boolean | null>

export function agentsAlive({ run, agents }: Overview): AgentsAlive {
  const isHere = run.host === hostname()
  const known = [...agents.byName.values()].filter(({ pid, state }) => pid !== null && state !== 'exited')
  // A process that is younger than the agent's last word was given its number later.
  return new Map(known.map(({ name, pid, lastMs }) => [name, isHere ? isRunning(pid as number, textOfMs(lastMs)) : null]))
}
