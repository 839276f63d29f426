/** Replays a run against a process: the verdict, with lines where they help. */
import type { Draft, Entry } from '../log/events.ts'
import { canonical, toJson } from '../log/json.ts'
import type { LogStore } from '../log/store.ts'
import type { Definition } from '../runtime/lifecycle.ts'
import { type AgentProcess, definitionOf } from '../runtime/process.ts'
import { codeChange } from './code-change.ts'
import type { Difference } from './compare.ts'
import { locate } from './locate.ts'
import { isReason, loadRecording, type Recording, reasonOf } from './recording.ts'
import { type Rerun, type RerunOptions, rerun } from './rerun.ts'
import { type Tweaks, tweakedInputs } from './tweaks.ts'
import { cannotTell, type Verdict, verdictOf } from './verdict.ts'

export interface ReplayOptions extends Tweaks {
  /** Where a run that is named by its id is; default the store of RAMURE_HOME. */
  readonly store?: LogStore
  /** Compare the order across scopes too; default false. */
  readonly exact?: boolean
  /** Go on after the first difference and list all; default false. */
  readonly lenient?: boolean
  /** Stop before the first input with a higher `seq`; default at the end. */
  readonly until?: number
  /** Go on after the end of a recording that ends early, with agents that say nothing and time that flies; default false. */
  readonly pastEnd?: boolean
  /** Replay a recording that was changed since it was written, by somebody who meant it; default false: nothing is said of its program. */
  readonly edited?: boolean
  /** Let I/O that was not recorded happen; default false: it is refused. */
  readonly allowIo?: boolean
  /** Called before each input is handed over, for a debugger. */
  readonly onInput?: RerunOptions['onInput']
}

/**
 * Reruns `process` on a recording: no agent, no network, no effect. Never throws for what the recording is like: that is a
 * verdict. Throws TypeError for a process that is none.
 * @param recording a run's id, or the path of a run's folder or of its events.jsonl; paths contain a slash.
 */
export async function replay(process: AgentProcess<never, unknown>, recording: string, options: ReplayOptions = {}): Promise<Verdict> {
  const definition = definitionOf(process)
  const { store, run } = locate(recording, options.store)
  const loaded = await loadRecording(store, run, options)
  if (isReason(loaded)) return cannotTell(run, loaded)
  if (loaded.header.data.process !== definition.name) return otherProcess(loaded, definition)
  return replayRecording(definition, loaded, options)
}

/** Replays a recording that was loaded. The lines are looked for only when there is something to explain. */
export async function replayRecording(definition: Definition, recording: Recording, options: ReplayOptions = {}): Promise<Verdict> {
  const inputs = tweakedInputs(recording.entries, options)
  // A what-if is about all that follows, not about the first difference.
  const { exact = false, lenient = inputs !== undefined, until, allowIo = false, pastEnd = false, onInput } = options
  const chosen: RerunOptions = {
    exact,
    lenient,
    allowIo,
    ...(until !== undefined && { until }),
    ...(inputs && { inputs }),
    ...(onInput && { onInput }),
  }
  const code = await codeChange({ code: recording.header.data.code, cwd: recording.place.cwd })
  try {
    const first = await rerun(definition, recording.entries, chosen)
    if (first.differences.length === 0 && first.ended) return verdictOf(recording, first, code)
    const explain = (sites: 'all' | ReadonlySet<number>) => rerun(definition, recording.entries, { ...chosen, sites })
    const second = await explain(first.nths)
    const reruns = cameToTheSame(first, second) ? 'agree' : 'disagree'
    // What has a state of its own may come out the same only every other time, and elsewhere.
    const again = differAlike(first, second) ? second : await explain('all')
    const verdict = verdictOf(recording, withLines(first, again), code, reruns)
    if (!pastEnd || recording.outcome !== null || verdict.verdict !== 'identical') return verdict
    const beyond = await rerun(definition, recording.entries, { ...chosen, pastEnd })
    return { ...verdict, past_end: beyond.outcome }
  } catch (error) {
    return cannotTell(recording.run, reasonOf(error), recording)
  }
}

function differAlike(first: Rerun, again: Rerun): boolean {
  return first.differences.length === 0 || isAlike(first.differences[0], again.differences[0])
}

function isAlike(one: Difference | undefined, other: Difference | undefined): boolean {
  return one?.kind === other?.kind && one?.scope === other?.scope && one?.seq === other?.seq
}

/** The first rerun with the lines that another one found in the same places. */
function withLines(first: Rerun, again: Rerun): Rerun {
  const differences = first.differences.map((difference, at) => {
    const other = again.differences[at]
    return other && isAlike(difference, other) ? { ...difference, site: other.site } : difference
  })
  const waiting = again.waiting.length === first.waiting.length ? again.waiting : first.waiting
  return { ...first, differences, waiting, siteOf: again.siteOf }
}

function cameToTheSame(first: Rerun, second: Rerun): boolean {
  const [one, other] = [first.trace(), second.trace()]
  return one.length === other.length && one.every(({ what }, at) => isSame(what, other[at]?.what))
}

/** What both made as it was recorded is the recorded entry itself. */
function isSame(one: Entry | Draft, other: Entry | Draft | undefined): boolean {
  const course = (of: Entry | Draft) => canonical(toJson([of.scope, of.type, of.agent, of.data]))
  return one === other || (other !== undefined && course(one) === course(other))
}

function otherProcess(recording: Recording, definition: Definition): Verdict {
  const message = `${recording.run} is a run of the process '${recording.header.data.process}', not of '${definition.name}'.`
  return cannotTell(recording.run, { code: 'ERR_OTHER_PROCESS', message, hint: 'Give the process that was recorded.' }, recording)
}
