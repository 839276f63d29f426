/** A run as it was recorded, whole enough to run again; or the reason why it cannot be. */
import { join } from 'node:path'
import { RamureError } from '../log/error.ts'
import { type Entry, type EntryOf, EVENT_TYPES, type Outcome } from '../log/events.ts'
import { endIn } from '../log/outcome-in.ts'
import type { ChangedLines, LogStore } from '../log/store.ts'
import { logEmpty } from '../log/store-errors.ts'
import { contradictionIn } from './contradiction.ts'
import { type Place, placeOf } from './place.ts'

export interface Recording extends Opening {
  /** Every entry in order of `seq`, blobs resolved. */
  readonly entries: readonly Entry[]
  /** How it ended; null for one that ends early: killed, cut off, or still live. */
  readonly outcome: Exclude<Outcome, 'orphaned'> | null
  /** Among which lines it was changed since it was written, as far as its checksum tells; null when it was not. */
  readonly changed: ChangedLines | null
}

/** What the first line says: enough to start the program, which reads the rest itself. */
export interface Opening {
  readonly run: string
  readonly header: EntryOf<'run_started'>
  /** Where its program and its folder are now. */
  readonly place: Place
}

/** Why nothing can be said about a recording. `code` is an error code with a paragraph in docs/errors.md. */
export interface Reason {
  readonly code: string
  readonly message: string
  readonly hint: string | null
  /** Only when the recording was changed since it was written: among which lines. */
  readonly changed?: ChangedLines
}

export interface LoadOptions {
  /** Whether it may have been changed since it was written, by somebody who meant it; default false. */
  readonly edited?: boolean
}

const KNOWN: ReadonlySet<string> = new Set(EVENT_TYPES)

/** Reads a whole run. Never throws for what a log holds or lacks: that is a reason. */
export async function loadRecording(store: LogStore, run: string, { edited = false }: LoadOptions = {}): Promise<Recording | Reason> {
  const entries: Entry[] = []
  const shared = sharedTexts()
  let changed = null as ChangedLines | null
  try {
    for await (const item of store.read(run, { onChanged: (among) => void (changed = among) })) {
      if ('unreadable' in item) return unreadable(run, item.unreadable)
      if (!KNOWN.has(item.type)) return unknownType(run, item)
      entries.push(shared(item))
    }
  } catch (error) {
    return reasonOf(error)
  }
  const opening = openingOf(store, run, entries[0])
  // What was changed may be the first line: then it is no other run, and nothing else is wrong with it.
  if (changed !== null && !edited && isReason(opening)) return changedSince(run, changed)
  if (isReason(opening)) return opening
  const contradiction = contradictionIn(entries)
  if (contradiction !== null) return contradictory(run, contradiction)
  if (changed !== null && !edited) return changedSince(run, changed)
  const end = endIn(entries.findLast((entry) => entry.type === 'run_ended') ?? null)
  const outcome = end && end.data.outcome !== 'orphaned' ? end.data.outcome : null
  return { ...opening, entries, outcome, changed }
}

/** Reads the first line of a run only. Never throws for what a log holds or lacks: that is a reason. */
export async function openRecording(store: LogStore, run: string): Promise<Opening | Reason> {
  try {
    for await (const item of store.read(run, { to: 1 })) {
      if ('unreadable' in item) return unreadable(run, item.unreadable)
      return openingOf(store, run, item)
    }
  } catch (error) {
    return reasonOf(error)
  }
  return openingOf(store, run, undefined)
}

function openingOf(store: LogStore, run: string, header: Entry | undefined): Opening | Reason {
  if (!header) return reasonOf(logEmpty(run))
  if (header.type !== 'run_started') {
    return { code: 'ERR_LOG_HEADER', message: `The log of ${run} begins with ${header.type}, not with run_started.`, hint: null }
  }
  const { cwd, program } = header.data as Partial<typeof header.data>
  if (typeof cwd !== 'string' || (typeof program !== 'string' && program !== null))
    return {
      code: 'ERR_LOG_HEADER',
      message: `The first line of the log of ${run} does not say where and what its program is.`,
      hint: null,
    }
  return { run, header, place: placeOf(header.data, join(store.location, run)) }
}

export function isReason<T extends object>(loaded: T | Reason): loaded is Reason {
  return 'code' in loaded
}

/** Lets entries share the texts that nearly all of them repeat: parsing makes a new one for each. */
function sharedTexts(): (entry: Entry) => Entry {
  const known = new Map<string, string>()
  const share = (text: string): string => {
    const first = known.get(text)
    if (first === undefined) known.set(text, text)
    return first ?? text
  }
  return (entry) => {
    const mine = entry as { -readonly [K in keyof Entry]: Entry[K] }
    mine.scope = share(entry.scope)
    mine.type = share(entry.type) as never
    if (entry.agent !== undefined) mine.agent = share(entry.agent)
    return entry
  }
}

/** An error as a reason; errors of ramure keep their code. */
export function reasonOf(error: unknown): Reason {
  if (error instanceof RamureError) return { code: error.code, message: error.message, hint: error.hint ?? null }
  return {
    code: 'ERR_STORE_READ',
    message: `The log could not be read: ${error instanceof Error ? error.message : String(error)}`,
    hint: null,
  }
}

function unreadable(
  run: string,
  at: { readonly line: number; readonly after: number | null; readonly before: number | null; readonly reason: string },
): Reason {
  const message = `Line ${at.line} of the log of ${run} cannot be read (seq ${at.after ?? 'start'} -> ${at.before ?? 'end'}): ${at.reason}.`
  return {
    code: 'ERR_LOG_CORRUPT',
    message,
    hint: 'What came after it cannot be replayed: an input may be missing. `ramure tail` shows what is readable.',
  }
}

function contradictory(run: string, what: string): Reason {
  const message = `The log of ${run} contradicts itself: ${what}.`
  return {
    code: 'ERR_LOG_CORRUPT',
    message,
    hint: 'Nobody but a run writes its log: replay an untouched copy. `ramure verify` checks one.',
  }
}

function changedSince(run: string, changed: ChangedLines): Reason {
  const { first, last } = changed
  const where = first === last ? `line ${first}` : `one of the lines ${first}–${last}`
  const message = `The log of ${run} is not what was recorded: ${where}, or the checksum in its end, was changed since.`
  return {
    code: 'ERR_LOG_CORRUPT',
    message,
    hint: 'Replay an untouched copy. Whoever changed it on purpose says so: `ramure replay --edited`, in a program the option `edited`.',
    changed,
  }
}

function unknownType(run: string, entry: Entry): Reason {
  const message = `Entry #${entry.seq} of ${run} is of the type ${JSON.stringify(entry.type)}, which this version does not know.`
  return { code: 'ERR_LOG_UNKNOWN_TYPE', message, hint: 'It was written by a newer ramure: replay it with that one.' }
}
