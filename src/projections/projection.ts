/** What a run looks like from one side: a pure reducer over its entries, the same for a live run and a finished file. */
import type { Entry, EventType, Json } from '../log/events.ts'

/**
 * A reducer with a name. The state belongs to the fold, which changes it in place: what was handed out earlier shows the
 * newer values. Entries of a type it does not know leave the state alone.
 */
export interface Projection<S> {
  readonly name: string
  /** Rises whenever older snapshots no longer fit the state. */
  readonly version: number
  /** The only types of entries that change its state; default every type. */
  readonly types?: readonly EventType[]
  initial(): S
  apply(state: S, entry: Entry): S
}

/** The same state as its own reducer may treat it: everything can be written, at every depth. */
export type Owned<T> = Json extends T
  ? T
  : T extends ReadonlyMap<infer K, infer V>
    ? Map<K, Owned<V>>
    : T extends readonly (infer E)[]
      ? Owned<E>[]
      : T extends object
        ? { -readonly [K in keyof T]: Owned<T[K]> }
        : T

/** Makes a projection out of a reducer that changes its state in place; readers get the read-only type. */
export function projection<S>(spec: {
  readonly name: string
  readonly version: number
  readonly types?: readonly EventType[]
  initial(): Owned<S>
  apply(state: Owned<S>, entry: Entry): void
}): Projection<S> {
  return {
    name: spec.name,
    version: spec.version,
    ...(spec.types === undefined ? {} : { types: spec.types }),
    // The two types differ in `readonly` and nothing else.
    initial: () => spec.initial() as S,
    apply(state, entry) {
      spec.apply(state as Owned<S>, entry)
      return state
    },
  }
}

/** Applies every entry in order, to `state` (default: a new one), which it changes and returns. */
export function fold<S>(reducer: Projection<S>, entries: Iterable<Entry>, state: S = reducer.initial()): S {
  for (const entry of entries) state = reducer.apply(state, entry)
  return state
}
