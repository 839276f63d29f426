import type { JsonObject } from '../log/events.ts'
import { projection } from './projection.ts'

/** Machines that have not stopped, as their images describe them, and how many have. */
export interface MachinesState {
  readonly byName: ReadonlyMap<string, { readonly kind: string; readonly description: JsonObject; readonly since: string }>
  readonly stoppedCount: number
}

export const machines = projection<MachinesState>({
  name: 'machines',
  version: 1,
  initial: () => ({ byName: new Map(), stoppedCount: 0 }),
  on: {
    machine_created(state, entry) {
      const { machine, kind, ...description } = entry.data
      state.byName.set(machine, { kind, description, since: entry.time })
    },
    machine_stopped(state, entry) {
      if (state.byName.delete(entry.data.machine)) state.stoppedCount += 1
    },
  },
})
