import type { Entry } from '../log/events.ts'
import { projection } from './projection.ts'

export interface Edge {
  readonly a: string
  readonly b: string
}

/** Who may speak to whom: each permitted receiver of each sender. A connection in both directions is two edges. */
export interface ConnectionsState {
  readonly receivers: ReadonlyMap<string, ReadonlyMap<string, true>>
}

export const connections = projection<ConnectionsState>({
  name: 'connections',
  version: 1,
  types: ['agent_created', 'connection_added'],
  initial: () => ({ receivers: new Map() }),
  apply(state, entry: Entry) {
    // A number above 1 says that the name was another agent's before: nothing is inherited.
    if (entry.type === 'agent_created' && (entry.aseq ?? 1) > 1) forget(state.receivers, entry.agent ?? '')
    if (entry.type !== 'connection_added') return
    const { a, b, direction } = entry.data
    allow(state.receivers, a, b)
    if (direction === 'both') allow(state.receivers, b, a)
  },
})

/** Every edge, sorted by sender, then by receiver. */
export function edges(state: ConnectionsState): readonly Edge[] {
  const all = [...state.receivers].flatMap(([a, to]) => [...to.keys()].map((b) => ({ a, b })))
  return all.sort((left, right) => compare(left.a, right.a) || compare(left.b, right.b))
}

function allow(receivers: Map<string, Map<string, true>>, from: string, to: string): void {
  const known = receivers.get(from)
  if (known) known.set(to, true)
  else receivers.set(from, new Map([[to, true]]))
}

function forget(receivers: Map<string, Map<string, true>>, name: string): void {
  receivers.delete(name)
  for (const to of receivers.values()) to.delete(name)
}

/** By code unit, so that the order is the same in every locale. */
function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}
