/** Runs a process in memory: scripted agents, virtual time, seeded chance, and a replay of what was recorded. */

import type { Draft } from '../log/events.ts'
import { memoryStore } from '../log/memory.ts'
import type { LogStore } from '../log/store.ts'
import { isReason, loadRecording } from '../replay/recording.ts'
import { replayRecording } from '../replay/replay.ts'
import { cannotTell, type Verdict } from '../replay/verdict.ts'
import { givenArguments, warningsOf } from '../runtime/arguments.ts'
import type { StepFunction } from '../runtime/effects.ts'
import { shieldFloating } from '../runtime/floating.ts'
import type { Definition } from '../runtime/lifecycle.ts'
import { outside } from '../runtime/outside.ts'
import { type AgentProcess, definitionOf } from '../runtime/process.ts'
import type { Parts } from './cast.ts'
import { type Limits, limitsOf } from './limited-store.ts'
import type { Turn } from './ordered-queue.ts'
import { type Direction, type Recorded, recordSimulation } from './record-simulation.ts'
import type { Schedule } from './schedule.ts'
import type { SimulatedMachineOptions } from './simulated-machine.ts'
import { type SimulatedRun, simulatedRun } from './simulated-run.ts'
import { SimulationDiverged } from './simulation-diverged.ts'
import type { Stall } from './stalled-queue.ts'

export interface SimulateOptions {
  /** Who plays the agents. An agent that the program itself made with `scripted(fn)` needs no part. Default: nobody. */
  readonly agents?: Parts
  /**
   * A whole number that every random choice follows from, or the 32 hex digits of a recorded run's seed; default 0. The
   * same seed gives the same entries, byte for byte.
   */
  readonly seed?: number | string
  /** Agents that are held back, against the order in which they would come; default none. */
  readonly stalls?: readonly Stall[]
  /**
   * What the agents do, step by step, across all of them; default: each does what its part does. Agents without a part
   * do nothing but that, the calls of those with one wait for their `acts`.
   */
  readonly schedule?: Schedule
  /** What machines answer and hold; default: no command is known and no file is there. */
  readonly machines?: SimulatedMachineOptions
  /** Whose input goes first when several are there, as in a recorded run; default: in the order in which they come. Not together with `stalls`. */
  readonly order?: readonly Turn[]
  /** What comes from outside, as with `ramure call`, `send` and `stop`; default nothing. */
  readonly outside?: readonly OutsideInput[]
  /** Functions to run instead of the program's own, by the name of the step; default: the program's own. */
  readonly steps?: Readonly<Record<string, StepFunction>>
  /** Replay what was recorded, and reject with SimulationDiverged when it comes out differently; default true. */
  readonly replay?: boolean
  /** What the clock shows at the start: a date or ms since 1970; default 2026-01-01T00:00:00Z. */
  readonly startAt?: Date | number
  /**
   * How many turns of Node's event loop without a sign of life somebody gets who waits neither for the run nor for its
   * clock, such as a step that awaits a promise of its own, before time goes on without it; default 100. Files, sockets
   * and child processes that are under way are waited for in any case.
   */
  readonly settleTurns?: number
  /** Inputs and fired timers after which the run is given up as `endless`; default 100,000. */
  readonly turnsMax?: number
  /** Where to keep the recording as well; default: only in the result. The run's id follows from the seed. */
  readonly store?: LogStore
}

/** Something that people ask of a run. */
export interface OutsideInput {
  /** When, in ms of the run's time since its start. */
  readonly afterMs: number
  readonly input: Extract<Draft, { readonly type: 'endpoint_called' | 'cli_send' | 'stop_requested' }>
}

/**
 * Runs `process` with `args` and resolves when it has ended or nothing can happen any more. How it ended is in the
 * result: neither a failure nor a stuck run rejects. Rejects with SimulationDiverged, and TypeError for a process that is none.
 */
export async function simulate<A extends readonly unknown[], R>(
  process: AgentProcess<A, R>,
  args: A,
  options: SimulateOptions = {},
): Promise<SimulatedRun<R>> {
  const definition = definitionOf(process)
  const warnings = warningsOf(definition.name, args)
  return shielded(() => simulated<R>(definition, args, { ...options, warnings }))
}

/** Runs simulations outside of whatever scope the caller has, with rejections that nobody awaits caught. */
export function shielded<T>(simulations: () => Promise<T>): Promise<T> {
  const unshield = shieldFloating()
  return outside(simulations).finally(unshield)
}

async function simulated<R>(
  definition: Definition,
  args: readonly unknown[],
  options: SimulateOptions & Direction,
): Promise<SimulatedRun<R>> {
  const run = (await simulateDefinition(definition, args, options)) as SimulatedRun<R>
  if (run.replay && run.replay.verdict !== 'identical') throw new SimulationDiverged(run.replay, run)
  return run
}

/** The same for whoever says whose turn it is, and looks at the verdict of the replay himself. */
export async function simulateDefinition(
  definition: Definition,
  args: readonly unknown[],
  options: SimulateOptions & Direction,
): Promise<SimulatedRun> {
  const store = options.store ?? memoryStore()
  const recorded: Recorded<unknown> = await recordSimulation(definition, givenArguments(args), { ...options, store })
  const facts = { ...recorded, schedule: scheduleOf(recorded, options.limits ?? limitsOf(options.schedule ?? [])), wasCutOff: false }
  if (options.replay === false) return simulatedRun({ ...facts, replay: null })
  const verdict = await replayed(definition, store, recorded.run)
  // The rerun knows the lines of what is waited for.
  const waiting = UNFINISHED.has(recorded.outcome) && verdict.verdict === 'identical' ? linesOf(verdict) : recorded.waiting
  return simulatedRun({ ...facts, waiting, replay: verdict })
}

/** What happened, with the end of its log when that was met. */
function scheduleOf({ happened, outcome }: Recorded<unknown>, { killedAfter, diskFullAfter }: Limits): Schedule {
  const end = outcome === 'killed' ? [{ killedAfter }] : outcome === 'log_dead' ? [{ diskFullAfter }] : []
  return [...happened.map(({ step }) => step), ...end]
}

const UNFINISHED: ReadonlySet<string> = new Set(['stuck', 'endless', 'killed', 'log_dead'])

async function replayed(definition: Definition, store: LogStore, run: string): Promise<Verdict> {
  const recording = await loadRecording(store, run)
  return isReason(recording) ? cannotTell(run, recording) : replayRecording(definition, recording)
}

function linesOf({ waiting }: Verdict): Recorded<unknown>['waiting'] {
  return waiting.map(({ site, ...rest }) => ({ ...rest, site: site && `${site.file}:${site.line}:${site.column}` }))
}
