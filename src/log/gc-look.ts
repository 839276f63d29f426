/** What there is in a logs folder, for a plan of what to remove. Follows no link and changes nothing. */
import { closeSync, type Dirent, lstatSync, openSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Entry } from './events.ts'
import { FORMAT_VERSION } from './events.ts'
import type { Found, Odd } from './gc-plan.ts'
import { isRunId } from './ids.ts'
import { linesForward, readAt } from './lines.ts'
import { endIn } from './outcome-in.ts'
import { decodeLine } from './sift.ts'
import type { LogStore } from './store.ts'

export interface Looked {
  readonly runs: readonly Found[]
  readonly odd: readonly Odd[]
  /** Names of folders that an earlier removal had begun with. */
  readonly leftovers: readonly string[]
}

/** What a run is renamed to before it is removed: nobody lists it any more. */
export const TOMBSTONE = /^\.deleted-(.+)-(\d+)-(\d+)$/

/** Looks at everything in the logs folder; a folder that does not exist holds nothing. */
export async function lookForGc(logs: string, store: LogStore): Promise<Looked> {
  const [runs, odd, leftovers]: [Found[], Odd[], string[]] = [[], [], []]
  for (const name of namesIn(logs)) {
    const facts = lstatSync(join(logs, name), { throwIfNoEntry: false })
    if (facts === undefined || facts.isFile()) continue
    if (TOMBSTONE.test(name) && facts.isDirectory()) leftovers.push(name)
    else {
      // Another gc may remove what this one looks at.
      const found = await lookAt(logs, name, facts.isDirectory(), store)
      if (found !== null) 'why' in found ? odd.push(found) : runs.push(found)
    }
  }
  return { runs, odd, leftovers }
}

/** True when there is nothing of that name any more. */
export function isGone(logs: string, name: string): boolean {
  return lstatSync(join(logs, name), { throwIfNoEntry: false }) === undefined
}

/** Why a folder is not surely a run, or null. */
export function whyOdd(logs: string, name: string, isFolder: boolean): string | null {
  if (!isFolder) return 'it is a link, or nothing that ramure makes'
  if (!isRunId(name)) return 'its name is no run id'
  const events = lstatSync(join(logs, name, 'events.jsonl'), { throwIfNoEntry: false })
  if (events === undefined) return 'it holds no events.jsonl'
  if (!events.isFile()) return 'its events.jsonl is no file of its own'
  return beginsAsRun(join(logs, name, 'events.jsonl'), events.size) ? null : 'its events.jsonl does not begin as a run does'
}

/** Null for what goes while it is looked at. */
async function lookAt(logs: string, name: string, isFolder: boolean, store: LogStore): Promise<Found | Odd | null> {
  try {
    const why = whyOdd(logs, name, isFolder)
    if (why === null) return await lookAtRun(logs, name, store)
    return isGone(logs, name) ? null : { name, why }
  } catch (error) {
    if (isGone(logs, name)) return null
    throw error
  }
}

function beginsAsRun(path: string, size: number): boolean {
  const fd = openSync(path, 'r')
  try {
    for (const line of linesForward(fd, 0, Math.min(size, FIRST_LINE_BYTES_MAX))) {
      const read = decodeLine(line, FORMAT_VERSION)
      return typeof read !== 'string' && read.entry.seq === 1 && read.entry.type === 'run_started'
    }
    // Killed in the middle of its first line, or before it.
    return BEGINNING.startsWith(readAt(fd, 0, BEGINNING.length).toString('latin1'))
  } catch {
    // Of a newer format, say: a run, but not one to judge.
    return false
  } finally {
    closeSync(fd)
  }
}

/** How the first line of every run begins. */
const BEGINNING = '{"seq":1,"time":"'
const FIRST_LINE_BYTES_MAX = 16 * 1024 * 1024

async function lookAtRun(logs: string, run: string, store: LogStore): Promise<Found> {
  // Asked first: a run that ends while it is looked at counts as live.
  const live = store.writerAlive(run)
  const first = await firstOf(store.read(run, { to: 1 }))
  const last = await firstOf(store.read(run, { reverse: true }))
  const how = endIn(last)?.data.outcome ?? (last === null && (await hasLines(store, run)) ? 'unreadable' : 'orphaned')
  const modifiedMs = lstatSync(join(logs, run, 'events.jsonl')).mtimeMs
  return {
    run,
    bytes: bytesIn(join(logs, run)),
    lastMs: Math.max(modifiedMs, last === null ? 0 : Date.parse(last.time)),
    how,
    live,
    process: first?.type === 'run_started' ? first.data.process : null,
  }
}

async function firstOf(items: ReturnType<LogStore['read']>): Promise<Entry | null> {
  for await (const item of items) if (!('unreadable' in item)) return item
  return null
}

async function hasLines(store: LogStore, run: string): Promise<boolean> {
  for await (const _ of store.read(run, { to: 1, blobs: 'reference' })) return true
  return false
}

/** Bytes of everything in a folder, 0 for one that is gone; links count for themselves. */
export function bytesIn(folder: string): number {
  let bytes = 0
  for (const entry of entriesIn(folder)) {
    const path = join(folder, entry.name)
    bytes += entry.isDirectory() ? bytesIn(path) : (lstatSync(path, { throwIfNoEntry: false })?.size ?? 0)
  }
  return bytes
}

function namesIn(folder: string): readonly string[] {
  return entriesIn(folder)
    .map(({ name }) => name)
    .toSorted()
}

function entriesIn(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
