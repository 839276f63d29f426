/**
 * Removes what a plan names. Each removal is written down before it begins and after it is done, and begins by giving the
 * folder another name: killed in between, nothing is half a run, and the next `gc` finishes it.
 */
import { closeSync, constants, existsSync, fdatasyncSync, lstatSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { RamureError } from './error.ts'
import { bytesIn, isGone, TOMBSTONE, whyOdd } from './gc-look.ts'
import type { Found } from './gc-plan.ts'
import { removeRun } from './remove-run.ts'
import { runFolder } from './run-folder.ts'
import { syncFolder } from './sync-folder.ts'

export interface Removal {
  readonly run: string
  readonly bytes: number
  /** `gone`: somebody else removed it. `kept`: it is not what was planned to go any more. `failed`: it could not be removed. */
  readonly outcome: 'removed' | 'gone' | 'kept' | 'failed'
  /** Why it was kept, or what failed. */
  readonly why: string | null
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

/**
 * Removes a run that was planned to go, unless it is locked, or was written to since; that is looked at when nobody can write it
 * any more. Throws ERR_STORE_JOURNAL.
 */
export function removePlanned(logs: string, planned: Found, now: () => number): Removal {
  const { run, bytes, how, process: name, lastMs } = planned
  const note = noting(logs, run, now)
  const removal = (outcome: Removal['outcome'], why: string | null = null): Removal => ({ run, bytes, outcome, why })
  let isNoted = false
  const whyKept = () => {
    const why = whyChanged(logs, planned)
    if (why === null) note('removing', { bytes, how, process: name, last: new Date(lastMs).toISOString() })
    isNoted = why === null
    return why
  }
  try {
    // Asked before as well: nothing may be written through a link.
    const why = whyChanged(logs, planned) ?? removeRun(logs, runFolder(logs, run), whyKept)
    if (why !== null) return isGone(logs, run) ? removal('gone') : removal('kept', why)
  } catch (error) {
    if (isOurs(error, 'ERR_STORE_JOURNAL')) throw error
    if (!isNoted && isGone(logs, run)) return removal('gone')
    if (isNoted) note('kept', { why: messageOf(error) })
    return removal(isOurs(error, 'ERR_RUN_LOCKED') ? 'kept' : 'failed', messageOf(error))
  }
  note('removed', { bytes })
  return removal('removed')
}

/** Finishes a removal that was interrupted; `name` is a leftover's. Throws ERR_STORE_JOURNAL. */
export function finishRemoval(logs: string, name: string, now: () => number): Removal {
  const run = TOMBSTONE.exec(name)?.[1] ?? name
  const path = join(logs, name)
  const note = noting(logs, run, now)
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return { run, bytes: 0, outcome: 'gone', why: null }
  const bytes = bytesIn(path)
  note('finishing', { bytes })
  try {
    rmSync(path, { recursive: true, force: true })
  } catch (error) {
    note('kept', { why: messageOf(error) })
    return { run, bytes, outcome: 'failed', why: messageOf(error) }
  }
  note('removed', { bytes })
  return { run, bytes, outcome: 'removed', why: null }
}

/** The plan may be old: somebody may have gone on with the run, or put something else in its place. */
function whyChanged(logs: string, { run, lastMs }: Found): string | null {
  const folder = join(logs, run)
  try {
    const odd = whyOdd(logs, run, lstatSync(folder).isDirectory())
    if (odd !== null) return odd
    return lstatSync(join(folder, 'events.jsonl')).mtimeMs > lastMs ? 'it was written to since the plan was made' : null
  } catch (error) {
    if (isGone(logs, run)) return 'it is gone already'
    throw error
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function isOurs(error: unknown, code: string): boolean {
  return error instanceof RamureError && error.code === code
}

/** Writes down what happens to a run. */
function noting(logs: string, run: string, now: () => number): (event: JournalLine['event'], more?: Partial<JournalLine>) => void {
  return (event, more = {}) => journal(logs, { time: new Date(now()).toISOString(), event, run, pid: process.pid, ...more })
}

function journal(logs: string, line: JournalLine): void {
  const path = join(logs, JOURNAL)
  try {
    const isNew = !existsSync(path)
    write(path, `${JSON.stringify(line)}\n`)
    if (isNew) syncFolder(logs)
  } catch (cause) {
    const reason = messageOf(cause)
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
