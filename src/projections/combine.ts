import type { Entry, EventType } from '../log/events.ts'
import { byType, type Change, type Projection } from './projection.ts'

/** What `combine` folds: the state of each part under the part's key. */
export type StatesOf<P> = { readonly [K in keyof P]: P[K] extends Projection<infer S> ? S : never }

/** Folds several projections in one pass. Its name carries the versions of its parts, so that a snapshot fits all or none. */
export function combine<P extends { readonly [K in keyof P]: Projection<StatesOf<P>[K]> }>(parts: P): Projection<StatesOf<P>> {
  // Each state meets only the reducer that made it: `never` says that nobody else may look inside.
  const reducers = Object.entries(parts as unknown as { readonly [key: string]: Projection<never> })
  const types = reducers.some(([, { types }]) => types === undefined) ? null : reducers.flatMap(([, part]) => part.types as EventType[])
  const stepsOf = byType((type) => stepsFor(type, reducers))
  return {
    name: reducers.map(([key, part]) => `${key}:${part.name}@${part.version}`).join(' '),
    version: 1,
    ...(types === null ? {} : { types: [...new Set(types)] }),
    initial: () => Object.fromEntries(reducers.map(([key, part]) => [key, part.initial()])) as unknown as StatesOf<P>,
    apply(state, entry) {
      take(stepsOf(entry.type), state as unknown as States, entry)
      return state
    },
    change(type) {
      const steps = stepsOf(type)
      return steps.length === 0 ? null : (state, entry) => take(steps, state as unknown as States, entry)
    },
  }
}

interface Step {
  readonly key: string
  readonly part: Projection<never>
  /** Null where the part may replace its state. */
  readonly change: Change<never> | null
}

type States = { [key: string]: never }

/** What is to be done for entries of a type, in the order of the parts. */
function stepsFor(type: string, reducers: readonly (readonly [string, Projection<never>])[]): readonly Step[] {
  return reducers
    .filter(([, { types }]) => types === undefined || (types as readonly string[]).includes(type))
    .map(([key, part]): Step => ({ key, part, change: part.change?.(type) ?? null }))
    .filter(({ part, change }) => part.change === undefined || change !== null)
}

function take(steps: readonly Step[], states: States, entry: Entry): void {
  for (const { key, part, change } of steps) {
    if (change !== null) change(states[key] as never, entry)
    else states[key] = part.apply(states[key] as never, entry)
  }
}
