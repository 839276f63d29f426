import { type Owned, projection } from './projection.ts'
import { retainEnded, revive } from './retain.ts'

export interface Edge {
  readonly a: string
  readonly b: string
}

/**
 * Who may speak to whom: each permitted receiver of each sender. A connection in both directions is two edges. Those of the
 * last hundred agents that exited are kept, older ones are counted.
 */
export interface ConnectionsState {
  readonly receivers: ReadonlyMap<string, ReadonlyMap<string, true>>
  /** Agents that have not exited. */
  readonly alive: ReadonlyMap<string, true>
  /** Exited and still kept, oldest first. */
  readonly ended: readonly string[]
  /** Edges of agents that are not kept any more. */
  readonly droppedCount: number
}

export const connections = projection<ConnectionsState>({
  name: 'connections',
  version: 2,
  initial: () => ({ receivers: new Map(), alive: new Map(), ended: [], droppedCount: 0 }),
  on: {
    connection_added: (state, { data }) => connect(state, data),
    agent_created(state, { agent }) {
      if (agent !== undefined) created(state, agent)
    },
    agent_exited(state, { agent }) {
      if (agent !== undefined) exited(state, agent)
    },
  },
})

/** Each of them may be connected with each other one: far fewer than of what has no edges. */
const ENDED_EDGES_MAX = 100

/** Every edge, sorted by sender, then by receiver. */
export function edges(state: ConnectionsState): readonly Edge[] {
  const all = [...state.receivers].flatMap(([a, to]) => [...to.keys()].map((b) => ({ a, b })))
  return all.sort((left, right) => compare(left.a, right.a) || compare(left.b, right.b))
}

function connect(state: Owned<ConnectionsState>, { a, b, direction }: Edge & { readonly direction: string }): void {
  if (!isKept(state, a) || !isKept(state, b)) return
  allow(state.receivers, a, b)
  if (direction === 'both') allow(state.receivers, b, a)
}

/** The name may have been another agent's before: nothing is inherited. */
function created(state: Owned<ConnectionsState>, name: string): void {
  forget(state.receivers, name)
  revive(state.ended, name)
  state.alive.set(name, true)
}

function exited(state: Owned<ConnectionsState>, name: string): void {
  if (!state.alive.delete(name)) return
  const oldest = retainEnded(state.ended, name, ENDED_EDGES_MAX)
  if (oldest !== undefined) state.droppedCount += forget(state.receivers, oldest)
}

function isKept({ alive, ended }: Owned<ConnectionsState>, name: string): boolean {
  return alive.has(name) || ended.includes(name)
}

function allow(receivers: Map<string, Map<string, true>>, from: string, to: string): void {
  const known = receivers.get(from)
  if (known) known.set(to, true)
  else receivers.set(from, new Map([[to, true]]))
}

/** How many edges went. */
function forget(receivers: Map<string, Map<string, true>>, name: string): number {
  let count = receivers.get(name)?.size ?? 0
  receivers.delete(name)
  for (const [from, to] of receivers) {
    if (!to.delete(name)) continue
    count += 1
    if (to.size === 0) receivers.delete(from)
  }
  return count
}

/** By code unit, so that the order is the same in every locale. */
function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}
