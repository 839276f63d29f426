import type { Entry, JsonObject } from '../log/events.ts'
import { projection } from './projection.ts'

/** Machines that have not stopped, as their images describe them, and how many have. */
export interface MachinesState {
  readonly byName: ReadonlyMap<string, { readonly kind: string; readonly description: JsonObject; readonly since: string }>
  readonly stoppedCount: number
}

export const machines = projection<MachinesState>({
  name: 'machines',
  version: 1,
  types: ['machine_created', 'machine_stopped'],
  initial: () => ({ byName: new Map(), stoppedCount: 0 }),
  apply(state, entry: Entry) {
    if (entry.type === 'machine_created') {
      const { machine, kind, ...description } = entry.data
      state.byName.set(machine, { kind, description, since: entry.time })
    } else if (entry.type === 'machine_stopped' && state.byName.delete(entry.data.machine)) state.stoppedCount += 1
  },
})
