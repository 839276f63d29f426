/** Makes what a program does now the recording to compare with from here on. */
import { randomBytes } from 'node:crypto'
import { runLog } from '../log/append.ts'
import { appendEnd } from '../log/ended.ts'
import { RamureError } from '../log/error.ts'
import type { Draft, Entry, EventData } from '../log/events.ts'
import { RUN_ID_BYTES, runIdFrom } from '../log/ids.ts'
import { memoryStore } from '../log/memory.ts'
import { redactor } from '../log/redact.ts'
import type { LogStore } from '../log/store.ts'
import { VERSION } from '../log/version.ts'
import { codeIdentity } from '../runtime/code-identity.ts'
import type { Definition } from '../runtime/lifecycle.ts'
import { type AgentProcess, definitionOf } from '../runtime/process.ts'
import { locate } from './locate.ts'
import { isReason, type LoadOptions, loadRecording, type Recording } from './recording.ts'
import { relog } from './relog.ts'
import { replay, replayRecording } from './replay.ts'
import { type Rerun, rerun } from './rerun.ts'
import type { Verdict } from './verdict.ts'

export interface AcceptOptions extends LoadOptions {
  /** Where a run that is named by its id is; default the store of RAMURE_HOME. */
  readonly store?: LogStore
  /** Where the new recording goes; default beside the old one. */
  readonly into?: LogStore
}

export interface Accepted {
  /** The verdict on the old recording. */
  readonly verdict: Verdict
  /** The new recording, or null when there was nothing to accept: the verdict is not `diverged`. */
  readonly run: string | null
}

/**
 * Replays `process` on a recording and, when it decides otherwise, writes a new recording: the same inputs, the outputs of
 * now. The old one is not touched. Throws ERR_ACCEPT when the recorded inputs do not carry the new behaviour to its end.
 */
export async function acceptReplay(
  process: AgentProcess<never, unknown>,
  recording: string,
  options: AcceptOptions = {},
): Promise<Accepted> {
  const { store, run } = locate(recording, options.store)
  const { edited = false } = options
  const verdict = await replay(process, run, { store, edited })
  const loaded = await loadRecording(store, run, { edited })
  if (verdict.verdict !== 'diverged' || isReason(loaded)) return { verdict, run: null }
  return { verdict, run: await acceptRecording(definitionOf(process), loaded, verdict, options.into ?? store) }
}

/** Writes what `definition` does now on the inputs of `recording` to `into`; returns the id of the new run. Throws ERR_ACCEPT. */
export async function acceptRecording(definition: Definition, recording: Recording, verdict: Verdict, into: LogStore): Promise<string> {
  const renamed = await renamedAs(runIdFrom(randomBytes(RUN_ID_BYTES)), recording, verdict.divergences[0]?.seq ?? 1)
  const { drafts, again } = await rerunUntilStable(definition, renamed, recording)
  const whole = [{ draft: headerOf(renamed), time: renamed[0]?.time ?? '' }, ...drafts, ...endOf(renamed, drafts, again)]
  const { run } = headerOf(renamed).data
  const trial = memoryStore()
  await write(trial, run, whole)
  await mustReplay(definition, trial, run)
  await write(into, run, whole)
  return run
}

interface Timed {
  readonly draft: Draft
  readonly time: string
}

/** The recording as one of another run: its header, and what its agents say of the run they belong to. */
async function renamedAs(run: string, { run: parent, header, entries, place }: Recording, seq: number): Promise<readonly Entry[]> {
  const code = await codeIdentity(place.program, place.cwd)
  // What the program does now is what is wanted: it refutes nothing.
  const { counterexample: _, ...started } = header.data
  const data: EventData['run_started'] = { ...started, run, parent: { run: parent, seq }, code, ramure: VERSION }
  return entries.map((entry): Entry => {
    if (entry.seq === header.seq) return { ...header, data }
    if (entry.type !== 'register' || entry.data.execution_id !== header.data.run) return entry
    return { ...entry, data: { ...entry.data, execution_id: run } }
  })
}

/** Inputs that nobody takes any more are left out, and what that changes is seen in another rerun. */
async function rerunUntilStable(
  definition: Definition,
  entries: readonly Entry[],
  { outcome }: Recording,
): Promise<{ drafts: readonly Timed[]; again: Rerun }> {
  let inputs = entries.filter((entry) => entry.by === 'world')
  for (;;) {
    const again = await rerun(definition, entries, { lenient: true, inputs })
    mustBeComplete(again, outcome !== null)
    const { drafts, leftOut } = relog(entries, again.trace())
    if (leftOut.length === 0) return { drafts, again }
    inputs = inputs.filter(({ seq }) => !leftOut.includes(seq))
  }
}

function mustBeComplete(again: Rerun, endsWhole: boolean): void {
  const leak = again.differences.find(({ kind }) => kind === 'leak')
  if (leak) throw refused(`it does input or output that is not recorded${leak.site ? ` at ${leak.site}` : ''}`)
  if (again.ended || !endsWhole) return
  const waiting = again.waiting.map(({ scope, kind, label }) => `${kind} ${label} in ${scope}`)
  throw refused(`it waits for what nobody answered when it was recorded: ${waiting.join(', ') || 'its end'}`)
}

/** A log that was cut off and is still not over keeps its open end. */
function endOf(entries: readonly Entry[], drafts: readonly Timed[], { outcome }: Rerun): readonly Timed[] {
  if (!outcome) return []
  const [startedAt = '', endedAt = startedAt] = [entries[0]?.time, drafts.at(-1)?.time]
  const duration_ms = Math.max(0, Date.parse(endedAt) - Date.parse(startedAt))
  return [{ draft: { type: 'run_ended', by: 'runtime', scope: '/', data: { ...outcome, duration_ms } }, time: endedAt }]
}

function headerOf(entries: readonly Entry[]): Extract<Draft, { type: 'run_started' }> {
  const [header] = entries
  if (header?.type !== 'run_started') throw new RamureError('ERR_LOG_HEADER', 'A recording begins with run_started.')
  return { type: 'run_started', by: 'runtime', scope: '/', data: header.data }
}

async function mustReplay(definition: Definition, store: LogStore, run: string): Promise<void> {
  const loaded = await loadRecording(store, run)
  const verdict = isReason(loaded) ? null : await replayRecording(definition, loaded)
  if (verdict?.verdict === 'identical') return
  const first = verdict?.divergences[0]
  throw refused(`on its own recording it decides otherwise again${first ? `, first in ${first.scope}: ${first.class}` : ''}`)
}

async function write(store: LogStore, run: string, whole: readonly Timed[]): Promise<void> {
  let time = ''
  const log = runLog({ store, run, writer: store.create(run), clock: () => Date.parse(time), redact: redactor(process.env) })
  for (const each of whole) {
    time = each.time
    if (each.draft.type === 'run_ended') appendEnd(log, each.draft.data)
    else log.append(each.draft)
  }
  await log.flushed()
  await log.close()
}

function refused(why: string): RamureError {
  return new RamureError('ERR_ACCEPT', `The new behaviour cannot be accepted as a recording: ${why}.`, {
    hint: 'Run the program again to record it anew.',
  })
}
