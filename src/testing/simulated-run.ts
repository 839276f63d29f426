/** What came of a simulation, with the questions that tests ask of it. */
import type { Entry, EntryOf, EventData, EventType, Outcome } from '../log/events.ts'
import { type AgentsState, agents } from '../projections/agents.ts'
import { fold, type Projection } from '../projections/projection.ts'
import type { Verdict } from '../replay/verdict.ts'
import type { Waiting } from '../replay/waiting.ts'

/**
 * `stuck`: nobody could do anything any more, and it had not ended; `waiting` says for what.
 * `endless`: it was still going on after `turnsMax`.
 */
export type SimulatedOutcome = Exclude<Outcome, 'orphaned'> | 'stuck' | 'endless'

export interface SimulatedRun<R = unknown> extends SimulatedFacts<R> {
  /** Entries of one type, in order. */
  events<T extends EventType>(type: T): readonly EntryOf<T>[]
  /** How many entries of this type there are for which `where` holds; default: all. */
  count<T extends EventType>(type: T, where?: (data: EventData[T], entry: EntryOf<T>) => boolean): number
  /** State of a projection after the whole run. */
  fold<S>(projection: Projection<S>): S
  /** Its agents as `ramure status` shows them, by name. */
  readonly agents: AgentsState['byName']
  /** The result; throws what the run failed with, or an error that says for what it waited. */
  value(): R
}

export interface SimulatedFacts<R> {
  readonly run: string
  readonly seed: number
  readonly outcome: SimulatedOutcome
  /** What the process returned; undefined unless it completed. */
  readonly result: R | undefined
  /** What the process rejected with; undefined when it completed, was stuck or went on for ever. */
  readonly error: Error | undefined
  /** The recording: what a log would hold. */
  readonly entries: readonly Entry[]
  /** How long it took, in ms of virtual time. */
  readonly durationMs: number
  /** What a run that did not end was waiting for; empty for others. */
  readonly waiting: readonly Waiting[]
  /** Files of each machine by its id, as the run left them. */
  readonly files: ReadonlyMap<string, ReadonlyMap<string, Uint8Array>>
  /** The verdict of the replay; null when there was none. */
  readonly replay: Verdict | null
}

export function simulatedRun<R>(facts: SimulatedFacts<R>): SimulatedRun<R> {
  const { entries } = facts
  const events = <T extends EventType>(type: T) => entries.filter((entry): entry is EntryOf<T> => entry.type === type)
  return {
    ...facts,
    events,
    count: (type, where = () => true) => events(type).filter((entry) => where(entry.data as never, entry as never)).length,
    fold: (projection) => fold(projection, entries),
    get agents() {
      return fold(agents, entries).byName
    },
    value() {
      if (facts.error) throw facts.error
      if (facts.outcome !== 'completed') throw new Error(unfinished(facts))
      return facts.result as R
    },
  }
}

function unfinished({ outcome, waiting }: SimulatedFacts<unknown>): string {
  const what = waiting.map(({ scope, kind, label, site }) => `  ${scope} waits for ${kind} ${label}${site === null ? '' : ` at ${site}`}`)
  const how = outcome === 'stuck' ? 'The simulation is stuck: nothing can happen any more.' : 'The simulation would go on for ever.'
  return [how, ...what].join('\n')
}
