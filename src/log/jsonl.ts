import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { WatchFolder } from './alarm.ts'
import { mentionsBlob, resolveEntry, resolveNow } from './blob.ts'
import { changedLines } from './changed-lines.ts'
import { sha256Hex } from './digest.ts'
import { entriesIn } from './entries-at.ts'
import { RamureError } from './error.ts'
import type { Entry, Json } from './events.ts'
import { followFile } from './file-follow.ts'
import { readIndex } from './index-file.ts'
import { createWriter, type JsonlOptions, openWriter } from './jsonl-open.ts'
import { lockHolder } from './lock.ts'
import { lineCounter, readFile } from './log-file.ts'
import { removeRun } from './remove-run.ts'
import { fileFacts, isFolderName, namesIn, type RunFolder, runFolder } from './run-folder.ts'
import type { Sifted } from './sift.ts'
import { skimFile } from './skim.ts'
import { readSnapshot, writeSnapshot } from './snapshot-file.ts'
import type { FollowOptions, LogStore, ReadOptions, RunRef, Unreadable } from './store.ts'
import { runNotFound } from './store-errors.ts'

/** A folder of runs: `<run>/events.jsonl`, one JSON object per line, with `blobs/` and a lock beside it. See docs/format.md. */
export function jsonlStore(folder: string, options: JsonlOptions = {}): LogStore {
  const find = (run: string): RunFolder => {
    const found = runFolder(folder, run)
    if (fileFacts(found.events) === null) throw runNotFound(run, folder)
    return found
  }
  return {
    location: folder,
    create: (run) => createWriter(runFolder(folder, run), options),
    open: (run) => openWriter(find(run), options),
    read: (run, readOptions = {}) => read(find(run), readOptions),
    skim: (run, { from = 1 } = {}) => skim(find(run), from),
    entriesAt: (run, seqs) => entriesAt(find(run), seqs),
    follow: (run, followOptions = {}) => follow(find(run), followOptions, options.watchFolder),
    snapshot: async (run, kind) => readSnapshot(find(run), kind),
    keepSnapshot: async (run, snapshot, at) => writeSnapshot(find(run), snapshot, at),
    list: async () => list(folder),
    writerAlive: (run) => mayLive(find(run)),
    blob: async (run, sha256) => readBlob(find(run), sha256),
    delete: async (run) => void removeRun(folder, find(run)),
  }
}

async function* read(folder: RunFolder, { onChanged, ...options }: ReadOptions): AsyncGenerator<Entry | Unreadable, void> {
  const fd = openSync(folder.events, 'r')
  const changed = onChanged && ((end: number) => onChanged(changedLines(folder, fd, end)))
  try {
    for (const item of readFile(fd, { ...options, onChanged: changed }, readIndex(folder)))
      yield 'entry' in item ? finish(folder, fd, item, options.blobs) : item
  } finally {
    closeSync(fd)
  }
}

async function* skim(folder: RunFolder, from: number): AsyncGenerator<Iterable<Entry | Unreadable>, void> {
  const fd = openSync(folder.events, 'r')
  try {
    yield* skimFile({ fd, from, hints: readIndex(folder), blob: (sha256) => readBlob(folder, sha256) })
  } finally {
    closeSync(fd)
  }
}

function entriesAt(folder: RunFolder, seqs: readonly number[]): readonly Entry[] {
  const fd = openSync(folder.events, 'r')
  try {
    const found = entriesIn(fd, seqs)
    return found.map(({ entry, text }) =>
      // Putting texts back keeps the data what its type says.
      mentionsBlob(text) ? ({ ...entry, data: resolveNow(entry.data as Json, (sha256) => readBlob(folder, sha256)) } as Entry) : entry,
    )
  } finally {
    closeSync(fd)
  }
}

async function* follow(
  folder: RunFolder,
  { after = 0, signal, blobs, bell }: FollowOptions,
  watchFolder: WatchFolder | undefined,
): AsyncGenerator<Entry | Unreadable, void> {
  const writerMayLive = (): boolean => mayLive(folder) !== false
  const place = { path: folder.events, folder: folder.path }
  for await (const item of followFile({ ...place, after, signal, bell, watchFolder, writerMayLive })) {
    yield 'entry' in item ? finish(folder, item.fd, item, blobs) : item
  }
}

/** Puts texts that were kept as blobs back in their place. An entry whose blob is lost is as good as unreadable. */
function finish(
  folder: RunFolder,
  fd: number,
  { entry, text, offset }: Sifted,
  blobs: 'resolve' | 'reference' = 'resolve',
): Entry | Promise<Entry | Unreadable> {
  if (blobs === 'reference' || !mentionsBlob(text)) return entry
  return resolveEntry(entry, async (sha256) => readBlob(folder, sha256)).catch((error: unknown) => {
    if (!(error instanceof RamureError)) throw error
    // The entry that follows was not looked at yet.
    const reason = `the entry ${entry.seq} is not complete: ${error.message}`
    return { unreadable: { line: lineCounter(fd)(offset), after: entry.seq === 1 ? null : entry.seq - 1, before: null, reason } }
  })
}

/** The bytes of a blob; null when they are not there, or not those they were. */
function readBlob(folder: RunFolder, sha256: string): Uint8Array | null {
  if (!/^[0-9a-f]{64}$/.test(sha256)) return null
  try {
    const bytes = readFileSync(join(folder.blobs, sha256))
    return sha256Hex(bytes) === sha256 ? bytes : null
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

function mayLive(folder: RunFolder): boolean | null {
  const holder = lockHolder(folder.path)
  return holder === null ? false : holder.alive
}

function list(folder: string): readonly RunRef[] {
  const found: { readonly run: string; readonly bytes: number; readonly modifiedMs: number }[] = []
  for (const run of namesIn(folder)) {
    const facts = isFolderName(run) ? fileFacts(join(folder, run, 'events.jsonl')) : null
    if (facts !== null) found.push({ run, ...facts })
  }
  found.sort((a, b) => b.modifiedMs - a.modifiedMs || (a.run < b.run ? -1 : 1))
  return found.map(({ run, bytes, modifiedMs }) => ({ run, bytes, modified: new Date(modifiedMs).toISOString() }))
}
