/** Replays a run against a process: the verdict, with lines where they help. */
import type { LogStore } from '../log/store.ts'
import type { Definition } from '../runtime/lifecycle.ts'
import { type AgentProcess, definitionOf } from '../runtime/process.ts'
import { codeChange } from './code-change.ts'
import { locate } from './locate.ts'
import { isReason, loadRecording, type Recording, reasonOf } from './recording.ts'
import { type RerunOptions, rerun } from './rerun.ts'
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
  const loaded = await loadRecording(store, run)
  if (isReason(loaded)) return cannotTell(run, loaded)
  if (loaded.header.data.process !== definition.name) return otherProcess(loaded, definition)
  return replayRecording(definition, loaded, options)
}

/** Replays a recording that was loaded. The lines are looked for only when there is something to explain. */
export async function replayRecording(definition: Definition, recording: Recording, options: ReplayOptions = {}): Promise<Verdict> {
  const inputs = tweakedInputs(recording.entries, options)
  // A what-if is about all that follows, not about the first difference.
  const { exact = false, lenient = inputs !== undefined, until, allowIo = false, onInput } = options
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
    const again = await rerun(definition, recording.entries, { ...chosen, sites: true })
    return verdictOf(recording, again, code)
  } catch (error) {
    return cannotTell(recording.run, reasonOf(error), recording)
  }
}

function otherProcess(recording: Recording, definition: Definition): Verdict {
  const message = `${recording.run} is a run of the process '${recording.header.data.process}', not of '${definition.name}'.`
  return cannotTell(recording.run, { code: 'ERR_OTHER_PROCESS', message, hint: 'Give the process that was recorded.' }, recording)
}
