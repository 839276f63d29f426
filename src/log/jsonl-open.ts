/** How a run of a folder gets its writer: the lock, the end of the file, and with `durability: 'disk'` the names that lead to it. */
import { closeSync, existsSync, fdatasync, fdatasyncSync, fstatSync, openSync, rmdirSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { WatchFolder } from './alarm.ts'
import { EMPTY, extend } from './checksum.ts'
import { RamureError } from './error.ts'
import type { Prefix } from './events.ts'
import { jsonlWriter, type SyncBytes, type WriteBytes } from './jsonl-writer.ts'
import { readAt } from './lines.ts'
import { acquireLock, type Lock } from './lock.ts'
import { fileFacts, makeFolder, type RunFolder, unreachable } from './run-folder.ts'
import type { LogWriter } from './store.ts'
import { runExists, runLocked } from './store-errors.ts'
import { foldersUpTo, syncFolder } from './sync-folder.ts'
import { repairTail, type Tail } from './torn.ts'

export interface JsonlOptions {
  /** `process` (default): what was acknowledged survives a kill of the process. `disk`: it also survives a loss of power. */
  readonly durability?: 'process' | 'disk'
  /** How bytes reach the file; default `fs.writeSync`. */
  readonly write?: WriteBytes
  /** How they reach the disk; default `fs.fdatasync`. */
  readonly sync?: SyncBytes
  /** How they reach the disk where nobody can wait for `sync`; default `fs.fdatasyncSync`. */
  readonly syncNow?: (fd: number) => void
  /** How the names in a folder reach the disk; default `fs.fsync` of the folder. */
  readonly syncFolder?: (folder: string) => void
  /** How followers watch the folder of a run; default `fs.watch`. */
  readonly watchFolder?: WatchFolder
}

/** The writer of a run that is not there yet. Throws ERR_RUN_EXISTS, ERR_RUN_LOCKED, ERR_STORE_UNREACHABLE. */
export function createWriter(folder: RunFolder, options: JsonlOptions): LogWriter {
  const made = makeFolder(folder.path)
  try {
    return locked(folder, (lock) =>
      closedOnError(openNew(folder), (fd) => {
        syncNames(foldersUpTo(folder.path, made ?? folder.path), options)
        return startWriter(folder, { fd, prefix: EMPTY, last: null, repaired: null }, lock, options)
      }),
    )
  } catch (error) {
    if (error instanceof RamureError) throw error
    if (made !== null) removeEmpty(folder)
    throw unreachable(`The run ${folder.run} could not be begun`, error)
  }
}

/** The writer of a run that is there; sets its torn end aside. Throws ERR_RUN_LOCKED, ERR_LOG_NEWER. */
export function openWriter(folder: RunFolder, options: JsonlOptions): LogWriter {
  return locked(folder, (lock) =>
    closedOnError(openSync(folder.events, 'a+'), (fd) => {
      const tail = repairTail(fd, folder.path)
      // Whoever wrote before may have been killed between a name and its sync.
      syncNames([...(existsSync(folder.blobs) ? [folder.blobs] : []), ...foldersUpTo(folder.path, folder.path)], options)
      return startWriter(folder, { fd, prefix: prefixOf(fd), ...tail }, lock, options)
    }),
  )
}

/** ERR_RUN_LOCKED, with what can be done about it. */
export function lockedBy(folder: RunFolder, who: string, alive: boolean | null): RamureError {
  if (alive === true) return runLocked(folder.run, who)
  return runLocked(
    folder.run,
    `${who}, which cannot be looked at from here`,
    `If that process is surely gone, delete ${join(folder.path, 'run.lock')} and its successors.`,
  )
}

/** A run that could not be begun leaves nothing behind. */
function removeEmpty({ path, events }: RunFolder): void {
  try {
    if (fileFacts(events)?.bytes === 0) unlinkSync(events)
    rmdirSync(path)
  } catch {
    // Somebody else has put something there, or nothing can be written at all.
  }
}

function locked(folder: RunFolder, start: (lock: Lock) => LogWriter): LogWriter {
  const lock = acquireLock(folder.path)
  if ('who' in lock) throw lockedBy(folder, lock.who, lock.alive)
  try {
    return start(lock)
  } catch (error) {
    lock.release()
    throw error
  }
}

function closedOnError(fd: number, start: (fd: number) => LogWriter): LogWriter {
  try {
    return start(fd)
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

function openNew(folder: RunFolder): number {
  try {
    return openSync(folder.events, 'ax', 0o600)
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'EEXIST' ? runExists(folder.run) : error
  }
}

function syncNames(folders: readonly string[], { durability, syncFolder: sync = syncFolder }: JsonlOptions): void {
  if (durability === 'disk') for (const folder of folders) sync(folder)
}

interface Opened extends Tail {
  readonly fd: number
  readonly prefix: Prefix
}

function startWriter(folder: RunFolder, { last, ...opened }: Opened, lock: Lock, options: JsonlOptions): LogWriter {
  const { durability = 'process', write = writeSync, sync = fdatasync, syncNow = fdatasyncSync, syncFolder: names = syncFolder } = options
  const fdNow = durability === 'disk' ? openAgain(folder, opened.fd) : null
  const from = { lastSeq: last?.seq ?? 0, openedAfter: last?.time ?? null }
  return jsonlWriter({ ...opened, ...from, fdNow, folder, lock, durability, write, sync, syncNow, syncFolder: names })
}

/** Another opening of the file that is open already. */
function openAgain({ events }: RunFolder, fd: number): number {
  const again = openSync(events, 'r')
  if (fstatSync(again).ino === fstatSync(fd).ino) return again
  closeSync(again)
  throw new Error(`${events} was replaced while it was opened`)
}

const BLOCK_BYTES = 1024 * 1024

/** The whole file, in blocks: 0.3 s for a gigabyte that the system has in its cache. */
function prefixOf(fd: number): Prefix {
  let prefix = EMPTY
  for (;;) {
    const block = readAt(fd, prefix.bytes, BLOCK_BYTES)
    if (block.length === 0) return prefix
    prefix = extend(prefix, block)
  }
}
