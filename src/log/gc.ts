/**
 * Removes what a plan names. Each removal is written down before it begins and after it is done, and begins by giving the
 * folder another name: killed in between, nothing is half a run, and the next `gc` finishes it.
 */
import { closeSync, constants, fdatasyncSync, lstatSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { RamureError } from './error.ts'
import { bytesIn, isGone, TOMBSTONE, whyOdd } from './gc-look.ts'
import type { Found } from './gc-plan.ts'
import type { LogStore } from './store.ts'

export interface Removal {
  readonly run: string
  readonly bytes: number
  /** Why it is still there; null when it is gone. */
  readonly failed: string | null
}

/** A line of `gc.jsonl` in the logs folder. */
interface JournalLine {
  /** ISO 8601. */
  readonly time: string
  readonly event: 'removing' | 'removed' | 'kept' | 'finishing'
  readonly run: string
  readonly bytes?: number
  readonly how?: string
  readonly process?: string | null
  /** When its log was last written: ISO 8601. */
  readonly last?: string
  readonly pid: number
  readonly why?: string
}

/** Removes a run that was planned to go, unless it was written to since, or is locked. Throws when the journal cannot be written. */
export async function removePlanned(logs: string, store: LogStore, planned: Found, now: () => number): Promise<Removal> {
  const { run, bytes, how, process: name, lastMs } = planned
  const note = (event: JournalLine['event'], more: Partial<JournalLine> = {}) =>
    journal(logs, { time: new Date(now()).toISOString(), event, run, pid: process.pid, ...more })
  const changed = whyChanged(logs, planned)
  if (changed !== null) return { run, bytes, failed: changed }
  note('removing', { bytes, how, process: name, last: new Date(lastMs).toISOString() })
  try {
    await store.delete(run)
  } catch (error) {
    const failed = isGone(logs, run) ? GONE : error instanceof Error ? error.message : String(error)
    note('kept', { why: failed })
    return { run, bytes, failed }
  }
  note('removed', { bytes })
  return { run, bytes, failed: null }
}

/** Finishes a removal that was interrupted; `name` is a leftover's. */
export function finishRemoval(logs: string, name: string, now: () => number): Removal {
  const run = TOMBSTONE.exec(name)?.[1] ?? name
  const path = join(logs, name)
  const facts = lstatSync(path, { throwIfNoEntry: false })
  if (facts?.isDirectory() !== true) return { run, bytes: 0, failed: null }
  const bytes = bytesIn(path)
  journal(logs, { time: new Date(now()).toISOString(), event: 'finishing', run, bytes, pid: process.pid })
  rmSync(path, { recursive: true, force: true })
  journal(logs, { time: new Date(now()).toISOString(), event: 'removed', run, bytes, pid: process.pid })
  return { run, bytes, failed: null }
}

/** The plan may be old: somebody may have gone on with the run, or put something else in its place. */
function whyChanged(logs: string, { run, lastMs }: Found): string | null {
  const folder = join(logs, run)
  try {
    const odd = whyOdd(logs, run, lstatSync(folder).isDirectory())
    if (odd === null) return lstatSync(join(folder, 'events.jsonl')).mtimeMs > lastMs ? 'it was written to since the plan was made' : null
    return isGone(logs, run) ? GONE : odd
  } catch (error) {
    if (isGone(logs, run)) return GONE
    throw error
  }
}

const GONE = 'it is gone already'

function journal(logs: string, line: JournalLine): void {
  const path = join(logs, JOURNAL)
  try {
    write(path, `${JSON.stringify(line)}\n`)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new RamureError('ERR_STORE_JOURNAL', `What gc removes could not be written down in ${path}: ${reason}.`, {
      cause,
      hint: 'Nothing is removed without a note of it. Make that file a plain one that you can write, or move it away.',
    })
  }
}

/** A link in its place is not written through. */
function write(path: string, text: string): void {
  const fd = openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW, 0o600)
  try {
    writeSync(fd, text)
    fdatasyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** What was removed, when and by whom: beside the runs it speaks of. */
const JOURNAL = 'gc.jsonl'
