/** Who may talk to whom: nothing is allowed without `connect`. */
import { RamureError } from '../log/error.ts'
import type { Agent } from './agent.ts'
import { openProcess } from './pending.ts'
import { output, type Run } from './run.ts'
import { requireScope } from './scope.ts'

/** Lets `a` message `b` and exchange files with it; `both` (default) or `forward` only. Throws ERR_CONNECT_DIRECTION, ERR_UNKNOWN_AGENT. */
export function connect(a: Agent | string, b: Agent | string, options: { readonly direction?: 'both' | 'forward' } = {}): void {
  const scope = requireScope('connect()')
  openProcess(scope, 'connect()')
  const { direction = 'both' } = options
  if (direction !== 'both' && direction !== 'forward') {
    throw new RamureError(
      'ERR_CONNECT_DIRECTION',
      `The direction of connect() must be 'both' or 'forward'; it is ${JSON.stringify(direction)}.`,
    )
  }
  const [from, to] = [nameOf(scope.run, a), nameOf(scope.run, b)]
  scope.run.edges.add(edge(from, to))
  if (direction === 'both') scope.run.edges.add(edge(to, from))
  output(scope, 'connection_added', { a: from, b: to, direction })
}

function nameOf(run: Run, agent: Agent | string): string {
  const name = typeof agent === 'string' ? agent : agent?.name
  if (typeof name === 'string' && run.agents.has(name)) return name
  throw new RamureError('ERR_UNKNOWN_AGENT', `connect() was given ${JSON.stringify(name)}, which is no agent of this run.`, {
    hint: `Agents now: ${[...run.agents.keys()].join(', ') || 'none'}.`,
  })
}

function edge(from: string, to: string): string {
  return `${from}\0${to}`
}

/** An agent is gone: what it was allowed is not allowed to the next of its name, and no run keeps it. */
export function disconnect(run: Run, name: string): void {
  for (const known of run.edges) if (known.startsWith(`${name}\0`) || known.endsWith(`\0${name}`)) run.edges.delete(known)
}

/** True when `from` may message `to`. */
export function connected(run: Run, from: string, to: string): boolean {
  return run.edges.has(edge(from, to))
}
