/** Runs a process again on a recording: the same loop, with the log comparing and nothing started. */
import { RamureError } from '../log/error.ts'
import type { Entry, EntryOf, EventData } from '../log/events.ts'
import { toJson } from '../log/json.ts'
import { localImage } from '../machines/local.ts'
import { callSite } from '../runtime/call-site.ts'
import { dispatch } from '../runtime/dispatcher.ts'
import { patchGlobals } from '../runtime/globals.ts'
import { type Definition, outcomeOf, startProcess } from '../runtime/lifecycle.ts'
import { outside } from '../runtime/outside.ts'
import type { ProcessScope } from '../runtime/process-scope.ts'
import { createRun } from '../runtime/run.ts'
import { type CompareOptions, type Comparison, compareWith, type Difference, type Happened } from './compare.ts'
import { silentWorld } from './past-end.ts'
import { type Waiting, waitingIn } from './waiting.ts'

export interface RerunOptions extends Omit<CompareOptions, 'unfinished' | 'beyond' | 'nths'> {
  /** Go on after the end of a recording that ends early, with agents that say nothing; default false. */
  readonly pastEnd?: boolean
  /** Find the lines of all outputs, or of those that `nths` of an earlier rerun names, and of what is waited for; slower. Default none. */
  readonly sites?: 'all' | ReadonlySet<number>
  /** Let unrecorded I/O happen instead of refusing it; default false. */
  readonly allowIo?: boolean
  /** What lies between two inputs; only a test that shows why it must be a whole turn gives another. */
  readonly rest?: () => Promise<void>
}

export interface Rerun {
  readonly differences: readonly Difference[]
  /** The outputs whose lines explain the differences and what is waited for, by how many were made before. */
  readonly nths: ReadonlySet<number>
  /** Outputs of the rerun that are equal to recorded ones and in place. */
  readonly matchedCount: number
  /** Recorded outputs in all. */
  readonly outputCount: number
  readonly deliveredCount: number
  readonly inputCount: number
  /** True when the root process ended in the rerun. */
  readonly ended: boolean
  /** What was still waited for when the inputs were used up, oldest first. */
  readonly waiting: readonly Waiting[]
  /** Where the output with this `seq` was made, when sites were asked for. */
  siteOf(seq: number): string | null
  /** Everything that happened now, in order. */
  trace(): readonly Happened[]
  /** How the root process ended, as a run would record it; null when it did not. */
  readonly outcome: Omit<EventData['run_ended'], 'duration_ms'> | null
}

/**
 * Reruns `definition` on a whole recording, entries in order of `seq` with blobs resolved. Starts no agent, opens no
 * socket, performs no effect. Throws ERR_LOG_HEADER when the first entry is not `run_started`.
 */
export async function rerun(definition: Definition, recording: readonly Entry[], options: RerunOptions = {}): Promise<Rerun> {
  const { sites, allowIo = false, pastEnd = false, rest, ...compare } = options
  const started = header(recording)
  const unfinished = !recording.some((entry) => entry.type === 'run_ended')
  let beyond: (() => Entry | undefined) | null = null
  const comparison = compareWith(recording, {
    ...compare,
    unfinished,
    beyond: () => beyond?.(),
    ...(sites instanceof Set && { nths: sites }),
  })
  const run = createRun({
    id: started.data.run,
    header: started.data,
    directory: null,
    journal: comparison.journal,
    rim: { abandon: () => {} },
    defaultImage: localImage(),
    startedMs: Date.parse(started.time),
    io: allowIo ? 'allow' : 'refuse',
    siteNow: sites === undefined ? null : callSite,
  })
  if (pastEnd) beyond = silentWorld(run, recording.at(-1)?.seq ?? 0)
  patchGlobals()
  let root: ProcessScope | null = null
  await outside(() => dispatch(run, comparison.inbox, () => (root = startProcess(run, definition, started.data.args, null, 'call')), rest))
  const outcome = await outcomeIn(root)
  const ended = outcome !== null
  const differences = comparison.differences()
  const waiting = ended ? [] : waitingIn(run, { ...comparison, trace: comparison.trace() })
  return {
    differences,
    nths: nthsOf(differences, [...run.pending.values().map(({ asked }) => asked.seq), ...waiting.map(({ seq }) => seq)], comparison),
    matchedCount: comparison.matchedCount(),
    outputCount: countOf(recording, 'program'),
    deliveredCount: comparison.deliveredCount(),
    inputCount: countOf(recording, 'world'),
    ended,
    waiting,
    siteOf: comparison.siteOf,
    trace: comparison.trace,
    outcome,
  }
}

/** Of a program that does everything otherwise nobody reads more lines than these. */
const EXPLAINED_MAX = 1000

function nthsOf(
  differences: readonly Difference[],
  waitedFor: readonly (number | null)[],
  { nthOf }: Pick<Comparison, 'nthOf'>,
): ReadonlySet<number> {
  const explained = differences.slice(0, EXPLAINED_MAX)
  const seqs = [...explained.map(({ after }) => after), ...waitedFor.slice(0, EXPLAINED_MAX)]
  return new Set([...explained.map(({ nth }) => nth ?? -1), ...seqs.map((seq) => (seq === null ? -1 : nthOf(seq)))])
}

function countOf(recording: readonly Entry[], by: Entry['by']): number {
  return recording.reduce((count, entry) => (entry.by === by ? count + 1 : count), 0)
}

async function outcomeIn(root: ProcessScope | null): Promise<Rerun['outcome']> {
  if (root?.phase !== 'closed') return null
  return root.result.promise.then(
    (value) => ({ outcome: 'completed' as const, result: toJson(value) }),
    (error: unknown) => outcomeOf(root, error),
  )
}

function header(recording: readonly Entry[]): EntryOf<'run_started'> {
  const [first] = recording
  if (first?.type === 'run_started') return first
  throw new RamureError('ERR_LOG_HEADER', `A recording begins with run_started; this one begins with ${first?.type ?? 'nothing'}.`)
}
