/** What a program does in replay mode: its recorded root call meets the recording, and the parent gets the verdict. */
import inspector from 'node:inspector'
import { pathToFileURL } from 'node:url'
import { RamureError } from '../log/error.ts'
import type { Entry } from '../log/events.ts'
import { toJson } from '../log/json.ts'
import { jsonlStore } from '../log/jsonl.ts'
import type { Definition } from '../runtime/lifecycle.ts'
import { changesBetween, type FieldChange } from './field-changes.ts'
import { equalsMasked } from './masked.ts'
import { answerOf, type RootCall } from './other-root.ts'
import { isReason, loadRecording, type Reason, type Recording, reasonOf } from './recording.ts'
import { replayRecording } from './replay.ts'
import type { Tweaks } from './tweaks.ts'
import { cannotTell, type OtherRoot, siteOf, type Verdict } from './verdict.ts'

/** What the parent asks for, as JSON in RAMURE_REPLAY. */
export interface ReplayOrder {
  /** Folder of run folders. */
  readonly logs: string
  readonly run: string
  readonly exact: boolean
  readonly lenient: boolean
  readonly until: number | null
  readonly allowIo: boolean
  readonly pastEnd: boolean
  /** The recording may have been changed since it was written. */
  readonly edited: boolean
  /** When the program decides otherwise: write that as a new recording, beside the old one. */
  readonly accept: boolean
  /** Stop in a debugger before the input that leads to this entry. */
  readonly inspect: number | null
  readonly set: readonly (readonly [seq: number, answer: { readonly value: never } | { readonly error: string }])[]
  readonly drop: readonly number[]
  readonly dup: readonly number[]
  readonly delay: readonly (readonly [seq: number, by: number])[]
}

export interface ReplayMode {
  /** Takes a root call of the program; settles only when it is not the one that is replayed. */
  root(definition: Definition, args: readonly unknown[], site: string | null): Promise<unknown>
  /** The program has nothing more to do. */
  idle(): Promise<void>
}

/** What the program tells its parent: why a call was refused, and at last the verdict. */
export type ReplayMessage = Verdict | { readonly refused: Reason }

/** What the copies of this package in one program have in common. */
export interface SharedOrder {
  readonly order: ReplayOrder
  /** The recorded call was made, or is being made. */
  taken: boolean
}

export function replayMode(shared: SharedOrder): ReplayMode {
  const { order } = shared
  const store = jsonlStore(order.logs)
  const loading = loadRecording(store, order.run, order)
  const counts = new Map<string, number>()
  const answered: OtherRoot[] = []
  const refused: Reason[] = []
  let calledByUs: string | null = null
  const answer = async (recording: Recording, call: RootCall): Promise<unknown> => {
    const found = await answerOf(store, recording, call, order)
    if (isReason(found)) {
      refused.push(found)
      post({ refused: found })
      throw new RamureError(found.code, found.message, { ...(found.hint !== null && { hint: found.hint }) })
    }
    const { process, site } = call
    answered.push({ process, run: found.run, site: siteOf(site) })
    return found.give()
  }
  return {
    async root(definition, args, site) {
      const { name } = definition
      const nth = counts.get(name) ?? 0
      counts.set(name, nth + 1)
      const loaded = await loading
      // However many came before it in the recorded program: this one is called for the recording.
      const isOurs = calledByUs === name
      if (!isReason(loaded) && !isOurs && (name !== nameOf(loaded) || nth !== loaded.header.data.root))
        return answer(loaded, { process: name, nth, args, site })
      shared.taken = true
      if (isReason(loaded)) post(cannotTell(order.run, loaded))
      else post(withCalls(await answerTo(definition, loaded, order), answered, isOurs ? [] : changedArguments(loaded, args)))
      // The program has done its part: its run is over, and what would come after it is not.
      return new Promise(() => {})
    },
    async idle() {
      if (shared.taken) return
      shared.taken = true
      const loaded = await loading
      if (!isReason(loaded)) calledByUs = loaded.header.data.process
      await callExported(loaded, order, refused)
    },
  }
}

/** What else the program did at its top level that the reader has to know. */
function withCalls(verdict: Verdict, otherRoots: readonly OtherRoot[], newArguments: readonly FieldChange[]): Verdict {
  return {
    ...verdict,
    ...(otherRoots.length > 0 && { other_roots: otherRoots }),
    ...(newArguments.length > 0 && { new_arguments: newArguments }),
  }
}

/** They come from outside of the process, as inputs do: the recorded ones count. */
function changedArguments({ header }: Recording, args: readonly unknown[]): readonly FieldChange[] {
  const now = args.map(toJson)
  return equalsMasked(header.data.args, now) ? [] : changesBetween(header.data.args, now)
}

/** The program only exports its process: it is called with the recorded arguments. */
async function callExported(loaded: Recording | Reason, order: ReplayOrder, refused: readonly Reason[]): Promise<void> {
  if (isReason(loaded)) return post(cannotTell(order.run, loaded))
  const exports = (await import(pathToFileURL(process.argv[1] ?? '').href)) as Record<string, unknown>
  const wanted = loaded.header.data.process
  const found = Object.values(exports).find(
    (value) => typeof value === 'function' && (value as { processName?: unknown }).processName === wanted,
  )
  if (found) return void (found as () => Promise<unknown>)().catch(() => {})
  const others = refused.map(({ message }) => `\n${message}`).join('')
  const message = `The program neither called nor exported the process '${wanted}'.${others}`
  post(cannotTell(order.run, { code: 'ERR_PROCESS_NOT_FOUND', message, hint: 'Name the file that does with --program.' }, loaded))
}

async function answerTo(definition: Definition, recording: Recording, order: ReplayOrder): Promise<Verdict> {
  const verdict = await replayOrdered(definition, recording, order)
  if (!order.accept || verdict.verdict !== 'diverged') return verdict
  const { acceptRecording } = await import('./accept.ts')
  const accepted = await acceptRecording(definition, recording, verdict, jsonlStore(order.logs)).then(
    (run) => ({ run }),
    (error: unknown) => ({ refused: reasonOf(error) }),
  )
  return { ...verdict, accepted }
}

function replayOrdered(definition: Definition, recording: Recording, order: ReplayOrder): Promise<Verdict> {
  const { exact, lenient, until, allowIo, pastEnd, inspect } = order
  const { seq: lastSeq } = recording.entries.at(-1) ?? { seq: 0 }
  // Nobody should sit before a debugger that has nothing to stop at.
  if (inspect !== null && (inspect < 1 || inspect > lastSeq))
    return Promise.resolve(cannotTell(order.run, noEntry(inspect, lastSeq), recording))
  const tweaks: Tweaks = { set: new Map(order.set), drop: order.drop, dup: order.dup, delay: new Map(order.delay) }
  return replayRecording(definition, recording, {
    ...tweaks,
    exact,
    ...(lenient && { lenient }),
    allowIo,
    pastEnd,
    ...(until !== null && { until }),
    ...(inspect !== null && { onInput: stopAt(recording, inspect) }),
  }).catch((error: unknown) => {
    const { code = 'ERR_REPLAY', message, hint = null } = error as { code?: string; message: string; hint?: string | null }
    return cannotTell(order.run, { code, message, hint }, recording)
  })
}

function noEntry(seq: number, lastSeq: number): Reason {
  return { code: 'ERR_ENTRY_NOT_FOUND', message: `The recording has no entry #${seq}: its last one is #${lastSeq}.`, hint: null }
}

/** Stops in a debugger, once, before the input that leads to the entry with this `seq`; at once when that is the start. */
function stopAt({ entries }: Recording, seq: number): (entry: Entry) => void {
  const leading = entries.findLast((entry) => entry.by === 'world' && entry.seq <= seq)
  if (!leading) stop()
  return (entry) => {
    if (entry.seq === leading?.seq) stop()
  }
}

let stopped = false

function stop(): void {
  if (stopped) return
  stopped = true
  inspector.open(0, '127.0.0.1')
  inspector.waitForDebugger()
  // biome-ignore lint/suspicious/noDebugger: This is where the user asked to stop.
  debugger
}

function nameOf(loaded: Recording | Reason): string | null {
  return isReason(loaded) ? null : loaded.header.data.process
}

function post(message: ReplayMessage): void {
  if (!process.send)
    throw new RamureError('ERR_REPLAY', 'RAMURE_REPLAY is set, but nobody waits for the verdict.', {
      hint: 'Unset it, or use `ramure replay`.',
    })
  process.send(message, () => {
    if (!('refused' in message)) process.disconnect?.()
  })
}
