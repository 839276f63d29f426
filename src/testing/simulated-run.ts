/** What came of a simulation, with the questions that tests ask of it. */
import type { Entry, EntryOf, EventType, Outcome } from '../log/events.ts'
import { type AgentsState, agents } from '../projections/agents.ts'
import { fold, type Projection } from '../projections/projection.ts'
import type { Verdict } from '../replay/verdict.ts'
import type { Waiting } from '../replay/waiting.ts'
import type { Happened } from './conductor.ts'
import { type Queries, queriesOf } from './queries.ts'
import type { Schedule } from './schedule.ts'

/**
 * `killed`: its schedule had the runtime killed; the entries are those that were written.
 * `log_dead`: a write of the log failed, and the run ended at once.
 * `stuck`: nobody could do anything any more, and it had not ended; `waiting` says for what.
 * `endless`: it was still going on after `turnsMax`.
 */
export type SimulatedOutcome = Exclude<Outcome, 'orphaned'> | 'stuck' | 'endless' | 'log_dead' | 'killed'

export interface SimulatedRun<R = unknown> extends SimulatedFacts<R>, Queries {
  /** Entries of one type, in order. */
  events<T extends EventType>(type: T): readonly EntryOf<T>[]
  /** State of a projection after the whole run. */
  fold<S>(projection: Projection<S>): S
  /** Its agents as `ramure status` shows them, by name. */
  readonly agents: AgentsState['byName']
  /** The result; throws what the run failed with, or an error that says for what it waited. */
  value(): R
}

export interface SimulatedFacts<R> {
  readonly run: string
  readonly seed: number | string
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
  /** The steps of its schedule that happened, in order; empty when it had none. */
  readonly happened: readonly Happened[]
  /** What the process was called with. */
  readonly args: readonly unknown[]
  /** Everything that was done to it, as a schedule that makes the same run; empty when it had none. */
  readonly schedule: Schedule
  /** Its agents would have gone on, but it had had as many steps as one run may: how it would have ended is not known. */
  readonly wasCutOff: boolean
  /** Agents that the runtime still knew at the end. */
  readonly standing: readonly { readonly name: string; readonly state: string }[]
  /** The verdict of the replay; null when there was none. */
  readonly replay: Verdict | null
}

export function simulatedRun<R>(facts: SimulatedFacts<R>): SimulatedRun<R> {
  const { entries } = facts
  const queries = queriesOf(entries)
  return {
    ...facts,
    ...queries,
    events: (type) => queries.all(type),
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
