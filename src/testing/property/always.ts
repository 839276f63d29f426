/** What has to hold of every run, whatever the agents do. */
import type { SimulatedRun } from '../simulated-run.ts'
import { disagreement } from './agreement.ts'
import { answeredOnce, endedOnce, orphans, sentToTheDead } from './course.ts'
import { durationOf } from './duration.ts'
import { type Race, raceIn } from './race.ts'

export interface Invariant {
  /** As it is written: `always.terminates('10m')`. */
  readonly name: string
  /** Why it does not hold of this run, as a sentence; null when it does. `again` plays the run with another schedule. */
  check(run: SimulatedRun, again?: PlayAgain): Promise<Violation | string | null> | Violation | string | null
}

export interface Violation {
  readonly why: string
  /** The same deliveries in another order, and what came of them. */
  readonly race: Race
}

/** Plays the same run again with the same steps in another order. */
export type PlayAgain = (schedule: SimulatedRun['schedule']) => Promise<SimulatedRun>

export interface AlwaysKit {
  /** It ends, within so much of the run's time (`'10m'`, or ms; default: any) beside the lateness of timers that were made late. */
  terminates(within?: string | number): Invariant
  /** It never comes to rest without having ended. */
  notStuck(): Invariant
  /** When it has ended, every agent and every child has. */
  noOrphans(): Invariant
  /** No call is answered twice, and each one is answered unless its agent ended first. */
  everyCallAnsweredOnce(): Invariant
  /** Each process ends exactly once, and decides at most once by `done` or `fail`. */
  endsOnce(): Invariant
  /** Nothing is sent to an agent that has ended, nor is it tried. */
  nothingSentToTheDead(): Invariant
  /** Projections come to the same, folded at once or in two halves, and to what the runtime itself knows. */
  projectionsAgree(): Invariant
  /** The recording replays. */
  replays(): Invariant
  /**
   * Two deliveries to different agents, neither of which led to the other, may swap places without changing what came of
   * the run.
   * @param of what came of it; default: its outcome, result and error.
   */
  orderDoesNotMatter(of?: (run: SimulatedRun) => unknown): Invariant
}

export const always: AlwaysKit = {
  terminates(within) {
    const limitMs = within === undefined ? Number.POSITIVE_INFINITY : durationOf(within)
    return {
      name: within === undefined ? 'terminates' : `terminates(${JSON.stringify(within)})`,
      check: (run) => notEnded(run) ?? tooLong(run, limitMs, within),
    }
  },
  notStuck: () => ({ name: 'notStuck', check: (run) => (run.outcome === 'stuck' ? notEnded(run) : null) }),
  noOrphans: () => ({ name: 'noOrphans', check: (run) => (hasEnded(run) ? orphans(run) : null) }),
  everyCallAnsweredOnce: () => ({ name: 'everyCallAnsweredOnce', check: answeredOnce }),
  endsOnce: () => ({ name: 'endsOnce', check: (run) => endedOnce(run, hasEnded(run)) }),
  nothingSentToTheDead: () => ({ name: 'nothingSentToTheDead', check: sentToTheDead }),
  projectionsAgree: () => ({ name: 'projectionsAgree', check: disagreement }),
  replays: () => ({ name: 'replays', check: ({ replay }) => (replay && replay.verdict !== 'identical' ? replayText(replay) : null) }),
  orderDoesNotMatter: (of) => ({ name: 'orderDoesNotMatter', check: (run, again) => (again ? raceIn(run, again, of) : null) }),
}

/** What holds of every program that is not broken. */
export function alwaysAll(): readonly Invariant[] {
  return [
    always.replays(),
    always.terminates(),
    always.endsOnce(),
    always.everyCallAnsweredOnce(),
    always.nothingSentToTheDead(),
    always.noOrphans(),
    always.projectionsAgree(),
  ]
}

const ENDS: ReadonlySet<SimulatedRun['outcome']> = new Set(['completed', 'failed', 'cancelled', 'timed_out'])

function hasEnded({ outcome }: SimulatedRun): boolean {
  return ENDS.has(outcome)
}

function notEnded({ outcome, waiting, wasCutOff }: SimulatedRun): string | null {
  if (outcome === 'endless') return 'it goes on for ever: something keeps waking it up, such as an interval that nobody clears'
  if (outcome !== 'stuck' || wasCutOff) return null
  const all = waiting.map(({ scope, kind, label, site }) => {
    const who = scope.split('/').at(-1)?.replace(/#0$/, '') ?? scope
    const what = kind === 'wait' ? label : kind === 'exec' ? `the command ${label.replace(/^\S+ /, '')}` : `${kind} ${label}`
    return `${who} waits for ${what}${site === null ? '' : ` at ${placeOf(site)}`}`
  })
  return `${all.length > 0 ? all.join(', ') : 'it has not ended'}, and nothing left can wake it`
}

/** `review.ts:38`. */
function placeOf(site: string): string {
  const [, file = site, line] = /([^/]+):(\d+):\d+$/.exec(site) ?? []
  return line === undefined ? file : `${file}:${line}`
}

function tooLong({ outcome, durationMs, happened }: SimulatedRun, limitMs: number, within: string | number | undefined): string | null {
  if (outcome === 'killed' || outcome === 'log_dead') return null
  const lateMs = happened.reduce((sum, { step }) => sum + ('lateMs' in step ? Math.max(0, step.lateMs) : 0), 0)
  return durationMs > limitMs + lateMs ? `it took ${spanText(durationMs)} of its time, more than ${within}` : null
}

function spanText(ms: number): string {
  if (ms < 60_000) return `${ms / 1_000}s`
  return ms < 3_600_000 ? `${Math.round(ms / 600) / 100}m` : `${Math.round(ms / 36_000) / 100}h`
}

function replayText({ divergences: [first], reason }: NonNullable<SimulatedRun['replay']>): string {
  if (!first) return `its recording cannot be replayed: ${reason?.message ?? 'nothing more is known'}`
  const [change] = first.changes
  const what = change
    ? `${change.path} was ${JSON.stringify(change.recorded)}, now ${JSON.stringify(change.now)}`
    : `${first.recorded?.type ?? 'nothing'}, now ${first.now?.type ?? 'nothing'}`
  const where = first.site ? ` at ${first.site.file.split('/').at(-1)}:${first.site.line}` : ''
  return `its replay came out differently: ${first.class} in ${first.scope} at entry ${first.seq}: ${what}${where}`
}
