/** What a run looks like from one side: a pure reducer over its entries, the same for a live run and a finished file. */
import type { Entry, EntryOf, EventType, Json } from '../log/events.ts'

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
  /**
   * What `apply` does with entries of one type, for those who fold several projections and ask once for each type; null when that
   * is nothing. Only where `apply` returns the state that it was given.
   */
  change?(type: string): Change<S> | null
}

/** Takes in an entry, in place. The type of a method, so that a projection of one state may stand for one of any. */
export type Change<S> = { take(state: S, entry: Entry): void }['take']

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

/** By type of entry, what it changes in a state. */
export type Changes<S> = { readonly [T in EventType]?: (state: Owned<S>, entry: EntryOf<T>) => void }

/**
 * Makes a projection out of changes by type, made in place; readers get the read-only type. `each` is asked once for each type there is,
 * known or not, for what entries of it change before that.
 */
export function projection<S>(spec: {
  readonly name: string
  readonly version: number
  initial(): Owned<S>
  readonly on: Changes<S>
  readonly each?: (type: string) => (state: Owned<S>, entry: Entry) => void
}): Projection<S> {
  // A change is only called with entries of its own type. The two types of state differ in `readonly` and nothing else.
  const changes = new Map(Object.entries(spec.on) as unknown as [string, Change<S>][])
  const changeOf = byType((type) => inOrder((spec.each?.(type) ?? null) as Change<S> | null, changes.get(type) ?? null))
  return {
    name: spec.name,
    version: spec.version,
    ...(spec.each === undefined ? { types: [...changes.keys()] as EventType[] } : {}),
    initial: () => spec.initial() as S,
    apply(state, entry) {
      changeOf(entry.type)?.(state, entry)
      return state
    },
    change: changeOf,
  }
}

/** Asks once for each type. A log of the future may hold any number of them: those after the first thousand are asked for again. */
export function byType<T>(make: (type: string) => T): (type: string) => T {
  const made = new Map<string, T>()
  return (type) => {
    const known = made.get(type)
    if (known !== undefined) return known
    const now = make(type)
    if (made.size < TYPES_MAX) made.set(type, now)
    return now
  }
}

const TYPES_MAX = 1000

function inOrder<S>(first: Change<S> | null, second: Change<S> | null): Change<S> | null {
  if (first === null || second === null) return first ?? second
  return (state, entry) => {
    first(state, entry)
    second(state, entry)
  }
}

/** Applies every entry in order, to `state` (default: a new one), which it changes and returns. */
export function fold<S>(reducer: Projection<S>, entries: Iterable<Entry>, state: S = reducer.initial()): S {
  for (const entry of entries) state = reducer.apply(state, entry)
  return state
}
