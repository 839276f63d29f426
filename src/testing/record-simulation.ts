/** The recording half of a simulation: a live run's own parts, on a virtual clock, with nothing outside of this process. */
import { Buffer } from 'node:buffer'
import { type RunLog, runLog } from '../log/append.ts'
import { appendEnd } from '../log/ended.ts'
import { type Draft, type Entry, type EntryOf, FORMAT_VERSION, type RunStarted } from '../log/events.ts'
import { runIdFrom } from '../log/ids.ts'
import { toJson } from '../log/json.ts'
import { redactor } from '../log/redact.ts'
import { VERSION } from '../log/version.ts'
import { localImage } from '../machines/local.ts'
import { waitingIn } from '../replay/waiting.ts'
import { warningsOf } from '../runtime/arguments.ts'
import { dispatch } from '../runtime/dispatcher.ts'
import { type StepFunction, sleep } from '../runtime/effects.ts'
import { patchGlobals } from '../runtime/globals.ts'
import { liveJournal } from '../runtime/journal.ts'
import { type Definition, outcomeOf, startProcess } from '../runtime/lifecycle.ts'
import { liveAgents } from '../runtime/live-agents.ts'
import { liveEffects } from '../runtime/live-effects.ts'
import { liveHost } from '../runtime/live-host.ts'
import type { ProcessScope } from '../runtime/process-scope.ts'
import { createRun, type Run } from '../runtime/run.ts'
import { idFrom } from '../runtime/seed.ts'
import { watchActivity } from './activity.ts'
import { openCast, type Parts } from './cast.ts'
import { type Director, type Happened, openConductor, type Role } from './conductor.ts'
import { fixedDirector } from './fixed-director.ts'
import { type Limits, limitedStore, limitsOf } from './limited-store.ts'
import { orderedQueue } from './ordered-queue.ts'
import type { SideEffectStep } from './schedule.ts'
import type { SimulateOptions } from './simulate.ts'
import { listens } from './simulated-agent.ts'
import { simulatedMachines } from './simulated-machine.ts'
import type { SimulatedFacts } from './simulated-run.ts'
import { stalledQueue } from './stalled-queue.ts'
import { virtualClock } from './virtual-clock.ts'
import { type VirtualInbox, virtualInbox } from './virtual-inbox.ts'
import { openWorkers, type Workers } from './workers.ts'

export type Recorded<R> = Omit<SimulatedFacts<R>, 'replay' | 'schedule' | 'wasCutOff'>

type RecordOptions = SimulateOptions & Required<Pick<SimulateOptions, 'store'>> & Direction

/** Who says whose turn it is, and what an agent may do. */
export interface Direction {
  readonly director?: Director
  readonly roleOf?: (agent: string) => Role | null
  /** Where its log ends early; default: where the schedule says. */
  readonly limits?: Limits
  /** What the first entry says otherwise. */
  readonly header?: Partial<RunStarted>
  /** Warns of arguments that JSON cannot hold; default: as for a run that is started nowhere in particular. */
  readonly warnings?: (state: Run) => void
}

const START_MS = Date.UTC(2026, 0, 1)

/** Simulates one run. Rejects only when the simulation itself failed. */
export async function recordSimulation(
  definition: Definition,
  args: readonly unknown[],
  options: RecordOptions,
): Promise<Recorded<unknown>> {
  patchGlobals()
  const { seed = 0, warnings = warningsOf(definition.name, args, () => null) } = options
  const limits = options.limits ?? limitsOf(options.schedule ?? [])
  const header = { ...headerOf(definition, args, seed), ...options.header }
  const world = openWorld(header, { ...options, store: limitedStore(options.store, limits) })
  let root: ProcessScope | null = null
  try {
    await dispatch(world.state, world.inbox, () => {
      warnings(world.state)
      root = startProcess(world.state, definition, args, null, 'call')
      root.result.promise.then(world.inbox.close, world.inbox.close)
    })
    const end = await endOf(world, root as unknown as ProcessScope)
    const facts = { ...factsOf(world, seed), args }
    return facts.entries.length > limits.killedAfter ? killed(facts, limits.killedAfter) : { ...facts, ...end }
  } catch (error) {
    if (!world.log.dead) throw error
    if (root) freeze(root)
    return { ...factsOf(world, seed), args, outcome: 'log_dead', result: undefined, error: world.log.dead, waiting: [] }
  } finally {
    await world.close()
  }
}

function factsOf(world: World, seed: number | string) {
  const { state, entries, files } = world
  const standing = [...state.agents.values()].map(({ name, state: at }) => ({ name, state: at }))
  const durationMs = world.nowMs() - state.startedMs
  return { run: state.id, seed, durationMs, entries, files, happened: world.happened(), standing }
}

/** Nothing that came later was ever written. */
function killed(facts: ReturnType<typeof factsOf> & { readonly args: readonly unknown[] }, killedAfter: number): Recorded<unknown> {
  const entries = facts.entries.slice(0, killedAfter)
  const durationMs = Date.parse(entries.at(-1)?.time ?? '') - Date.parse(entries[0]?.time ?? '')
  return { ...facts, entries, durationMs, standing: [], outcome: 'killed', result: undefined, error: undefined, waiting: [] }
}

interface World {
  readonly state: Run
  readonly inbox: VirtualInbox
  readonly log: RunLog
  readonly entries: readonly Entry[]
  readonly files: SimulatedFacts<unknown>['files']
  happened(): readonly Happened[]
  nowMs(): number
  close(): Promise<void>
}

function openWorld(header: RunStarted, options: RecordOptions): World {
  const { store, settleTurns = 100, turnsMax = 100_000 } = options
  const clock = virtualClock(Number(options.startAt ?? START_MS))
  const workers = openWorkers(header, clock)
  const activity = watchActivity()
  const director = options.director ?? (options.schedule && fixedDirector(options.schedule))
  const conductor = director
    ? openConductor({ director, clock, roleOf: options.roleOf ?? (() => null), push: (draft) => inbox.push(draft) })
    : null
  const queue = options.order ? orderedQueue(options.order) : stalledQueue(options.stalls ?? [])
  const inbox = virtualInbox({ queue, clock, workers, activity, settleTurns, turnsMax, ...(conductor && { move: conductor.move }) })
  for (const { afterMs, input } of options.outside ?? []) clock.set(() => inbox.push(input), afterMs)
  const { run } = header
  const log = runLog({ store, run, writer: store.create(run), clock: () => clock.nowMs, redact: NO_SECRETS })
  const entries: Entry[] = []
  log.onWritten((written) => void entries.push(...written))
  const first = log.append({ type: 'run_started', by: 'runtime', scope: '/', data: header })
  log.flush()

  const note = (draft: Draft) => {
    if (!log.dead) log.append(draft)
  }
  const shared = { run, push: inbox.push, note }
  const machines = simulatedMachines(options.machines ?? {}, clock, workers, conductor?.exec)
  const timers = conductor
    ? { clear: clock.clear, set: (act: () => void, ms: number) => clock.set(act, ms + conductor.timerLateMs()) }
    : clock
  const effects = liveEffects(inbox.push, header.cwd, { timers, spawn: machines.spawn })
  const host = liveHost({
    ...shared,
    store,
    token: () => null,
    registered: (agent, connection) => agents.registered(agent, connection),
    lost: () => {},
  })
  const lost = (agent: string, connection: number) => agents.lost(agent, connection)
  const parts = options.schedule ? listening(options.agents) : (options.agents ?? {})
  const cast = openCast({ parts, host, lost, workers, conductor })
  const agents = liveAgents({
    ...shared,
    serverUrl: '',
    machine: effects.machine,
    driver: cast.driver,
    prepare: async () => ({ agentFile: '', dir: '' }),
    forget: async () => {},
    disconnect: () => {},
    timers: clock,
  })
  const written = (entry: Entry, payload: unknown) => {
    if (entry.type === 'warning' && entry.data.code === 'ERR_UNRECORDED_IO') activity.isWatched = true
    const seen = host.written(entry)
    effects.perform(
      entry,
      entry.type === 'step_started'
        ? stepWith(options.steps, workers, entry, payload as StepFunction, conductor?.effect() ?? null)
        : payload,
    )
    agents.perform(entry, payload)
    cast.publish(seen)
    conductor?.written(entry)
  }
  const journal = liveJournal({ log, written })
  const rim = { abandon: effects.abandon }
  const state = createRun({
    id: run,
    header,
    directory: null,
    journal,
    rim,
    defaultImage: localImage(),
    startedMs: Date.parse(first.time),
  })
  return {
    state,
    inbox,
    log,
    entries,
    files: machines.files,
    happened: () => conductor?.happened ?? [],
    nowMs: () => clock.nowMs,
    async close() {
      inbox.close()
      workers.close(new Error('The simulation is over.'))
      await agents.close()
      await effects.close()
      await (log.dead ? log.close().catch(() => {}) : log.close())
    },
  }
}

/** Whoever has no part does what the schedule says. */
function listening(parts: Parts = {}): Parts {
  return (name) => (typeof parts === 'function' ? parts(name) : Object.hasOwn(parts, name) ? parts[name] : undefined) ?? listens
}

/** Known shapes of keys are masked as in every log; the environment has no part in a simulation. */
const NO_SECRETS = redactor({})

/** The program's own step or the one given for it, with the simulation's clock and dice. */
function stepWith(
  steps: SimulateOptions['steps'],
  workers: Workers,
  { data }: EntryOf<'step_started'>,
  own: StepFunction,
  does: SideEffectStep['does'] | null,
): StepFunction {
  const fn = steps && Object.hasOwn(steps, data.name) ? (steps[data.name] as StepFunction) : own
  return async (context) => {
    const worker = workers.start(`step:${data.name}`)
    const end = () => worker.end(new Error(`The step '${data.name}' was over.`))
    context.signal.addEventListener('abort', end, { once: true })
    try {
      return await worker.inside(async () => {
        if (does === 'hang') return worker.parked(new Promise<never>(() => {}))
        if (does === 'fail') throw new Error('It failed.')
        if (does !== null) await sleep(does.takesMs)
        return fn(context)
      })
    } finally {
      end()
    }
  }
}

function headerOf(definition: Definition, args: readonly unknown[], seed: number | string): RunStarted {
  const digits = typeof seed === 'string' && /^[0-9a-f]{32}$/.test(seed) ? seed : idFrom(String(seed), '/', 'simulation', 0)
  return {
    v: FORMAT_VERSION,
    run: runIdFrom(Buffer.from(digits, 'hex')),
    ramure: VERSION,
    flags: [],
    seed: digits,
    process: definition.name,
    root: 0,
    args: args.map(toJson),
    summary: null,
    program: null,
    argv: [],
    cwd: '/simulated',
    pid: 0,
    host: 'simulated',
    node: process.version,
    tz: Intl.DateTimeFormat().resolvedOptions().timeZone,
    server_url: null,
    code: { commit: null, dirty: null, files: {} },
    parent: null,
  }
}

/** Records how the run ended, or says for what it waits. */
async function endOf({ state, inbox, log, nowMs }: World, root: ProcessScope) {
  if (inbox.halted) {
    const waiting = waitingIn(state)
    freeze(root)
    return { outcome: inbox.halted, result: undefined, error: undefined, waiting }
  }
  const duration_ms = nowMs() - state.startedMs
  try {
    const result = await root.result.promise
    appendEnd(log, { outcome: 'completed', result: toJson(result), duration_ms })
    return { outcome: 'completed' as const, result, error: undefined, waiting: [] }
  } catch (thrown) {
    const { outcome, error } = outcomeOf(root, thrown)
    appendEnd(log, { outcome, error, duration_ms })
    return { outcome, result: undefined, error: thrown instanceof Error ? thrown : new Error(String(thrown)), waiting: [] }
  } finally {
    log.flush()
  }
}

/** A run that is given up makes no outputs any more, whoever wakes it. */
function freeze(process: ProcessScope): void {
  for (const child of process.children) freeze(child)
  process.phase = 'closed'
}
