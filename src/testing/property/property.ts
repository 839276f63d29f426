/** Property-based tests of processes: whatever the agents do and whatever goes wrong, some things hold. */
import { RamureError } from '../../log/error.ts'
import { topLevelSite } from '../../runtime/call-site.ts'
import { type AgentProcess, definitionOf } from '../../runtime/process.ts'
import type { Part } from '../cast.ts'
import { type SimulateOptions, shielded } from '../simulate.ts'
import { alwaysAll, type Invariant } from './always.ts'
import { type Arbitrary, argumentMakers, loadFastCheck } from './arguments.ts'
import { type Check, invariantOf } from './check-run.ts'
import { PropertyFailed } from './counterexample.ts'
import { type Explored, explore } from './explore.ts'
import { type Faults, faultKinds } from './faults.ts'
import { rerunCommand } from './report.ts'
import type { Script } from './script.ts'
import type { Question } from './test-text.ts'
import { missingName, vacuous } from './vacuous.ts'
import { argumentMaker } from './values.ts'

/** Scripts and parts by the agents' names, or a function of the name; undefined: anything its tools allow. */
export type Scripts = Readonly<Record<string, Script | Part>> | ((agent: string) => Script | Part | undefined)

/** Each argument as it is, or as an arbitrary of fast-check. */
export type Arguments<A extends readonly unknown[]> = { readonly [K in keyof A]: A[K] | Arbitrary<A[K]> }

export interface PropertyOptions extends Pick<SimulateOptions, 'machines' | 'steps' | 'startAt' | 'settleTurns' | 'turnsMax' | 'replay'> {
  /** Schedules to try; default 200, or RAMURE_RUNS. */
  readonly runs?: number
  /** A whole number that every schedule follows from; default RAMURE_SEED, else random, in CI always 0. */
  readonly seed?: number
  /** Where a counterexample is, as its report says: only that one is run. Default RAMURE_PATH, else all are. */
  readonly path?: string
  /** Steps of one schedule; after them nobody does anything more. Default 100. */
  readonly stepsMax?: number
  /** Keep a counterexample as a run under RAMURE_HOME; default true. */
  readonly keep?: boolean
}

/** A property being written. Each call gives a new one. */
export interface Property<R = unknown> {
  /** What the agents may do; an agent that is not named may do anything its tools allow. */
  agents(scripts: Scripts): Property<R>
  /** What may go wrong; default: only the order varies. */
  faults(faults: Faults | 'all'): Property<R>
  with(options: PropertyOptions): Property<R>
  /**
   * Tries schedules and resolves with what was tried when every one of these holds of every run; default: everything in
   * `always` that needs no choice of yours. Rejects with PropertyFailed for the smallest run found for which one does not,
   * ERR_PROPERTY_VACUOUS when a script names what no run had.
   */
  check(...checks: readonly Check<R>[]): Promise<Explored>
}

/**
 * Begins a property of `process`: called with `args`, in memory and in virtual time, whatever its agents do.
 * Throws TypeError for a process that is none.
 */
export function property<A extends readonly unknown[], R>(process: AgentProcess<A, R>, args: Arguments<A>): Property<R> {
  definitionOf(process)
  return building({ process: process as AgentProcess<never, unknown>, args, scripts: {}, faults: {}, options: {} })
}

interface Draft {
  readonly process: AgentProcess<never, unknown>
  readonly args: readonly unknown[]
  readonly scripts: Scripts
  readonly faults: Faults | 'all'
  readonly options: PropertyOptions
}

function building(draft: Draft): Property {
  return {
    agents: (scripts) => building({ ...draft, scripts }),
    faults(faults) {
      faultKinds(faults)
      return building({ ...draft, faults })
    },
    with: (options) => building({ ...draft, options: { ...draft.options, ...options } }),
    check(...checks) {
      const here = new Error()
      const site = topLevelSite()
      return shielded(() => checked(draft, checks, site)).catch((error: unknown) => {
        throw error instanceof PropertyFailed ? placed(error, here) : error
      })
    },
  }
}

/** A test runner shows where an error was made: that is where the property stands, not where it was refuted. */
function placed(error: PropertyFailed, here: Error): PropertyFailed {
  const frames = here.stack?.split('\n').slice(2) ?? []
  error.stack = [`${error.name}: ${error.message}`, ...frames].join('\n')
  return error
}

async function checked(
  { process, args, scripts, faults, options }: Draft,
  checks: readonly Check[],
  site: string | null,
): Promise<Explored> {
  const fc = await loadFastCheck()
  const { runs = wholeOf('RAMURE_RUNS') ?? 200, seed = seedOf(), stepsMax = 100, keep = true } = options
  const path = options.path ?? globalThis.process.env.RAMURE_PATH
  const { machines, steps, startAt, settleTurns, turnsMax, replay } = options
  const given = { machines: answering(machines), steps, startAt, settleTurns, turnsMax, replay }
  const invariants = checks.length > 0 ? checks.map(invariantOf) : alwaysAll()
  const questions = new Map(
    checks.flatMap((check, at) => (typeof check === 'function' ? [[invariants[at], questionOf(check)] as const] : [])),
  )
  const explored = await explore({
    subject: {
      definition: definitionOf(process),
      castOf: (agent) => (typeof scripts === 'function' ? scripts(agent) : Object.hasOwn(scripts, agent) ? scripts[agent] : undefined),
      faults: faultKinds(faults),
      args: argumentMaker(fc),
      stepsMax,
      simulate: Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    },
    invariants: withReplay(invariants, replay),
    questionOf: (invariant: Invariant) => questions.get(invariant) ?? null,
    argumentsOf: argumentMakers(fc, args),
    seed,
    runs,
    path: path ? pathOf(path) : null,
    keeps: keep,
    doubt: (seen) => missingName(scripts, seen),
    command: rerunCommand(site),
    site,
  })
  const missing = path ? null : missingName(scripts, explored)
  if (missing !== null) throw vacuous(missing)
  return explored
}

function questionOf(check: { readonly name: string }): Question {
  return { name: check.name, source: String(check) }
}

/** A run that does not replay is reported whatever was asked. */
function withReplay(invariants: readonly Invariant[], replay: boolean | undefined): readonly Invariant[] {
  if (replay === false || invariants.some(({ name }) => name === 'replays')) return invariants
  return [...alwaysAll().filter(({ name }) => name === 'replays'), ...invariants]
}

/** Commands that nobody gave an answer for succeed and say nothing. */
function answering({ exec, ...rest }: NonNullable<SimulateOptions['machines']> = {}): SimulateOptions['machines'] {
  if (typeof exec === 'function') return { ...rest, exec: async (command, place) => (await exec(command, place)) ?? '' }
  return { ...rest, exec: (command) => (exec && Object.hasOwn(exec, command) ? exec[command] : '') }
}

function seedOf(): number {
  const given = wholeOf('RAMURE_SEED')
  if (given !== null) return given
  return process.env.CI ? 0 : Math.floor(Math.random() * 0x7fff_ffff)
}

function wholeOf(name: string): number | null {
  const text = process.env[name]
  if (!text) return null
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new RamureError('ERR_PROPERTY_OPTION', `${name} must be a whole number; it is ${JSON.stringify(text)}.`)
}

function pathOf(path: string): readonly number[] {
  if (/^\d{1,9}(:\d{1,9})*$/.test(path)) return path.split(':').map(Number)
  throw new RamureError('ERR_PROPERTY_OPTION', `A path is numbers divided by ':', as a report shows it; it is ${JSON.stringify(path)}.`, {
    hint: 'RAMURE_SEED=1763683 RAMURE_PATH=211:3:0 repeats the counterexample of a report.',
  })
}
