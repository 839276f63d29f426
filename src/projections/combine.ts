import type { EventType } from '../log/events.ts'
import type { Projection } from './projection.ts'

type Parts = { readonly [name: string]: Projection<never> }

/** What `combine` folds: the state of each part under the part's key. */
export type StatesOf<P> = { readonly [K in keyof P]: P[K] extends Projection<infer S> ? S : never }

/** Folds several projections in one pass. Its name carries the versions of its parts, so that a snapshot fits all or none. */
export function combine<P extends { readonly [K in keyof P]: Projection<StatesOf<P>[K]> }>(parts: P): Projection<StatesOf<P>> {
  // Each state meets only the reducer that made it: `never` says that nobody else may look inside.
  const reducers = Object.entries(parts as unknown as Parts)
  const concerned = byType(reducers)
  const everywhere = reducers.filter(([, part]) => part.types === undefined)
  return {
    name: reducers.map(([key, part]) => `${key}:${part.name}@${part.version}`).join(' '),
    version: 1,
    ...(everywhere.length === 0 ? { types: [...concerned.keys()] as EventType[] } : {}),
    initial: () => Object.fromEntries(reducers.map(([key, part]) => [key, part.initial()])) as unknown as StatesOf<P>,
    apply(state, entry) {
      const states = state as unknown as { [key: string]: never }
      for (const [key, part] of concerned.get(entry.type) ?? everywhere) states[key] = part.apply(states[key] as never, entry)
      return state
    },
  }
}

type Reducers = readonly (readonly [key: string, part: Projection<never>])[]

/** For each type that somebody names, the parts that it concerns, in their order. */
function byType(reducers: Reducers): ReadonlyMap<string, Reducers> {
  const named = new Set(reducers.flatMap(([, part]) => part.types ?? []))
  return new Map([...named].map((type) => [type, reducers.filter(([, part]) => part.types?.includes(type) ?? true)]))
}
