/**
 * A program may call several root processes: one of them is replayed, and what the program does before it may rest on the
 * results of others. Such a call is answered with what its own recording says, when that is in the same folder; nothing of it
 * is run. Else it is refused, with the reason.
 */
import { reviveError } from '../log/error-data.ts'
import type { EventData, RunStarted } from '../log/events.ts'
import { toJson } from '../log/json.ts'
import type { LogStore } from '../log/store.ts'
import { equalsMasked } from './masked.ts'
import { isReason, type LoadOptions, type Opening, openRecording, type Reason } from './recording.ts'

/** A root call of the program as it was made now. */
export interface RootCall {
  readonly process: string
  /** How many calls of that process came before. */
  readonly nth: number
  readonly args: readonly unknown[]
  /** `file:line:column`, or null when it is not known. */
  readonly site: string | null
}

export interface RootAnswer {
  readonly run: string
  /** As the call ended when it was recorded: its result as JSON, or its error. */
  give(): Promise<unknown>
}

/** What the recording of `call` says that was made by the same program as `asked`; or why nothing is known of it. */
export async function answerOf(
  store: LogStore,
  asked: Opening,
  call: RootCall,
  { edited = false }: LoadOptions = {},
): Promise<RootAnswer | Reason> {
  const found = await recordingOf(store, asked, call)
  if (!found) return refused(asked, call, `there is no recording of that call in ${store.location}`)
  const { run, header } = found
  if (!equalsMasked(header.data.args, call.args.map(toJson))) return refused(asked, call, `${run} is that call with other arguments`)
  const end = await endOf(store, run)
  if (!end) return refused(asked, call, `its recording ${run} ends before it did`)
  if (end.isChanged && !edited) return refused(asked, call, `its recording ${run} was changed since it was written`)
  return { run, give: async () => resultOf(end.data) }
}

/**
 * The run that the same Node process began before. Ids of processes come again, in a container every time, and earlier logs
 * do not say when their process began; but one process makes each of its calls once: back from `asked`, whoever makes one that was
 * met already was another.
 */
async function recordingOf(store: LogStore, asked: Opening, { process, nth }: RootCall): Promise<Opening | null> {
  const wanted = callOf({ process, root: nth })
  const met = new Set([callOf(asked.header.data)])
  for (const opening of await before(store, asked)) {
    const call = callOf(opening.header.data)
    if (met.has(call)) return null
    if (call === wanted) return opening
    met.add(call)
  }
  return null
}

function callOf({ process, root }: Pick<RunStarted, 'process' | 'root'>): string {
  return `${process} ${root}`
}

/** Latest first. What was made from another recording is no call that was made. */
async function before(store: LogStore, asked: Opening): Promise<readonly Opening[]> {
  const { time, data } = asked.header
  const found: Opening[] = []
  for (const { run } of await store.list()) {
    const opening = run === asked.run || run === data.parent?.run ? null : await openRecording(store, run)
    if (!opening || isReason(opening) || opening.header.data.parent || opening.header.time > time) continue
    if (isOfTheSameProgram(opening.header.data, data)) found.push(opening)
  }
  return found.sort((a, b) => (a.header.time < b.header.time ? 1 : -1))
}

/** Where the log says when the Node process began, that is certain, and the program may have gone to another folder meanwhile. */
function isOfTheSameProgram(one: RunStarted, other: RunStarted): boolean {
  const facts = ({ pid, host, node_started_at, program, cwd, argv }: RunStarted) =>
    JSON.stringify(node_started_at === undefined ? [pid, host, program, cwd, argv] : [pid, host, node_started_at])
  return facts(one) === facts(other)
}

interface End {
  readonly data: EventData['run_ended']
  readonly isChanged: boolean
}

async function endOf(store: LogStore, run: string): Promise<End | null> {
  let isChanged = false
  for await (const item of store.read(run, { types: ['run_ended'], onChanged: () => void (isChanged = true) }))
    if (!('unreadable' in item) && item.type === 'run_ended') return { data: item.data, isChanged }
  return null
}

function resultOf({ outcome, result, error }: EventData['run_ended']): unknown {
  if (outcome === 'completed') return result
  throw error ? reviveError(error) : new Error(`The recorded run ended ${outcome}.`)
}

function refused({ header }: Opening, { process, nth, site }: RootCall, why: string): Reason {
  const which = nth === 0 ? `'${process}'` : `call ${nth + 1} of '${process}'`
  const where = site === null ? '' : ` at ${site}`
  return {
    code: 'ERR_REPLAY_OTHER_ROOT',
    message: `${which} was called${where}, and not started: this is a replay of one call of '${header.data.process}', and ${why}.`,
    hint: 'Let the program make that call only where it is needed, or name a program that does without it with --program.',
  }
}
