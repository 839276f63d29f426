/**
 * What was folded of a long log, kept beside the logs so that the next look starts there. Derived and disposable: it is
 * used only while it fits the log, and when it cannot be written nothing is lost but time.
 */
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Unreadable } from '../log/store.ts'
import { VERSION } from '../log/version.ts'
import { type Overview, overview } from '../projections/overview.ts'
import { fromSnapshot, type Snapshot, toSnapshot } from '../projections/snapshot.ts'
import type { Cli } from './cli.ts'

export interface Folded {
  readonly state: Overview
  readonly unreadable: Unreadable['unreadable'][]
}

/** Fewer entries than this are folded again in no time. */
const ENTRIES_MIN = 20_000

/** What is known of `run` from an earlier look, or null. The entry it ends with must still be the one in the log. */
export async function readFolded(cli: Cli, run: string): Promise<Folded | null> {
  try {
    const { version, store, snapshot, unreadable } = JSON.parse(await readFile(pathOf(cli, run), 'utf8')) as Kept
    const state = version === VERSION && store === cli.store.location ? fromSnapshot(overview, snapshot) : null
    if (state === null || !Array.isArray(unreadable)) return null
    return (await timeAt(cli, run, state.run.lastSeq)) === state.run.lastTime ? { state, unreadable: [...unreadable] } : null
  } catch {
    return null
  }
}

/** Keeps what was folded, when `newCount` entries of it were new and folding them again would take a while. */
export async function keepFolded(cli: Cli, run: string, { state, unreadable }: Folded, newCount: number): Promise<void> {
  if (newCount < ENTRIES_MIN) return
  const path = pathOf(cli, run)
  const draft = `${path}.${process.pid}.tmp`
  const { lastSeq } = state.run
  // A gap at the very end is met again by the next look, which starts there.
  const behind = unreadable.filter((gap) => gap.before !== null && gap.before <= lastSeq)
  const kept: Kept = { version: VERSION, store: cli.store.location, snapshot: toSnapshot(overview, state, lastSeq), unreadable: behind }
  try {
    await mkdir(folderOf(cli), { recursive: true, mode: 0o700 })
    await chmod(folderOf(cli), 0o700)
    await writeFile(draft, JSON.stringify(kept), { mode: 0o600, flag: 'wx' })
    await rename(draft, path)
  } catch {
    await rm(draft, { force: true }).catch(() => null)
  }
}

interface Kept {
  readonly version: string
  readonly store: string
  readonly snapshot: Snapshot
  readonly unreadable: readonly Unreadable['unreadable'][]
}

function folderOf(cli: Cli): string {
  return join(cli.folders.root, 'cache')
}

function pathOf(cli: Cli, run: string): string {
  return join(folderOf(cli), `${run}.overview.json`)
}

async function timeAt(cli: Cli, run: string, seq: number): Promise<string | null> {
  for await (const entry of cli.store.read(run, { from: seq, to: seq })) return 'unreadable' in entry ? null : entry.time
  return null
}
