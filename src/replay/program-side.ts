/** What a program does in replay mode: its recorded root call meets the recording, and the parent gets the verdict. */
import inspector from 'node:inspector'
import { pathToFileURL } from 'node:url'
import { RamureError } from '../log/error.ts'
import type { Entry } from '../log/events.ts'
import { jsonlStore } from '../log/jsonl.ts'
import type { Definition } from '../runtime/lifecycle.ts'
import { isReason, loadRecording, type Reason, type Recording, reasonOf } from './recording.ts'
import { replayRecording } from './replay.ts'
import type { Tweaks } from './tweaks.ts'
import { cannotTell, type Verdict } from './verdict.ts'

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
  /** Takes a root call of the program; settles only when it is refused. */
  root(definition: Definition): Promise<unknown>
  /** The program has nothing more to do. */
  idle(): Promise<void>
}

/** What the copies of this package in one program have in common. */
export interface SharedOrder {
  readonly order: ReplayOrder
  /** The recorded call was made, or is being made. */
  taken: boolean
}

export function replayMode(shared: SharedOrder): ReplayMode {
  const { order } = shared
  const loading = loadRecording(jsonlStore(order.logs), order.run)
  const refused: string[] = []
  let rootCount = 0
  return {
    async root(definition) {
      const loaded = await loading
      const nth = definition.name === nameOf(loaded) ? rootCount++ : -1
      if (!isReason(loaded) && nth !== loaded.header.data.root) {
        refused.push(definition.name)
        throw otherRoot(definition.name, loaded)
      }
      shared.taken = true
      send(isReason(loaded) ? cannotTell(order.run, loaded) : await answerTo(definition, loaded, order))
      // The program has done its part: its run is over, and what would come after it is not.
      return new Promise(() => {})
    },
    async idle() {
      if (shared.taken) return
      shared.taken = true
      // However many came before it in the recorded program: this one is called for the recording.
      const loaded = await loading
      if (!isReason(loaded)) rootCount = loaded.header.data.root
      await callExported(loaded, order, refused)
    },
  }
}

/** The program only exports its process: it is called with the recorded arguments. */
async function callExported(loaded: Recording | Reason, order: ReplayOrder, refused: readonly string[]): Promise<void> {
  if (isReason(loaded)) return send(cannotTell(order.run, loaded))
  const exports = (await import(pathToFileURL(process.argv[1] ?? '').href)) as Record<string, unknown>
  const wanted = loaded.header.data.process
  const found = Object.values(exports).find(
    (value) => typeof value === 'function' && (value as { processName?: unknown }).processName === wanted,
  )
  if (found) return void (found as () => Promise<unknown>)().catch(() => {})
  const others = refused.length > 0 ? ` It called ${refused.join(', ')} instead.` : ''
  const message = `The program neither called nor exported the process '${wanted}'.${others}`
  send(cannotTell(order.run, { code: 'ERR_PROCESS_NOT_FOUND', message, hint: 'Name the file that does with --program.' }, loaded))
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

function otherRoot(name: string, loaded: Recording | Reason): RamureError {
  const wanted = nameOf(loaded) ?? 'another process'
  return new RamureError('ERR_REPLAY_OTHER_ROOT', `'${name}' was not started: this is a replay of one call of '${wanted}'.`, {
    hint: 'Replay its own run for it.',
  })
}

function send(verdict: Verdict): void {
  if (!process.send)
    throw new RamureError('ERR_REPLAY', 'RAMURE_REPLAY is set, but nobody waits for the verdict.', {
      hint: 'Unset it, or use `ramure replay`.',
    })
  process.send(verdict, () => process.disconnect?.())
}
