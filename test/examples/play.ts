/** Plays a program with scripted agents, in a home of its own, and reads back what was recorded. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Entry, EntryOf, EventType } from '../../src/log/events.ts'
import { jsonlStore } from '../../src/log/jsonl.ts'
import type { Difference } from '../../src/replay/compare.ts'
import { rerun } from '../../src/replay/rerun.ts'
import { type ScriptedDriver, scripted } from '../../src/runtime/driver-choice.ts'
import { type AgentProcess, definitionOf } from '../../src/runtime/process.ts'
import { surroundedBy } from '../../src/runtime/surroundings.ts'

/** Who plays which agent, by its name; an agent without a part says nothing. */
export type Cast = (agent: string) => ScriptedDriver['play'] | undefined

export interface Played<R> {
  readonly outcome: PromiseSettledResult<R>
  /** The whole recording, as a later reader finds it. */
  readonly entries: readonly Entry[]
}

export interface PlayOptions {
  /** Default: a folder made for this run. */
  readonly home?: string
  readonly onEntry?: (entry: Entry, run: string) => void
}

export async function play<A extends readonly unknown[], R>(
  process: AgentProcess<A, R>,
  args: A,
  cast: Cast,
  { home = tempFolder(), onEntry }: PlayOptions = {},
): Promise<Played<R>> {
  const around = {
    env: { RAMURE_HOME: home },
    driver: (agent: string) => scripted(cast(agent) ?? (() => {})),
    ...(onEntry && { onEntry }),
  }
  const [outcome] = await Promise.allSettled([surroundedBy(around, () => process(...args))])
  return { outcome, entries: await recordingIn(home) }
}

/** A folder of this test's own, removed when the test is over. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ramure-examples-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function recordingIn(home: string): Promise<readonly Entry[]> {
  const store = jsonlStore(join(home, 'logs'))
  const runs = await store.list()
  const entries: Entry[] = []
  for (const { run } of runs) {
    for await (const entry of store.read(run)) {
      if ('unreadable' in entry) throw new Error(entry.unreadable.reason)
      entries.push(entry)
    }
  }
  return entries
}

interface Verdict {
  readonly differences: readonly Difference[]
  /** Recorded outputs that the rerun did not make again in their place. */
  readonly unmatchedCount: number
  /** True when the root process ended again. */
  readonly ended: boolean
  /** What the recording warns of: I/O that was not recorded, work that lost its scope. */
  readonly warnings: readonly EntryOf<'warning'>[]
}

/** Runs the same code again on a recording. */
export async function again<A extends readonly unknown[], R>(process: AgentProcess<A, R>, entries: readonly Entry[]): Promise<Verdict> {
  const { differences, outputCount, matchedCount, ended } = await rerun(definitionOf(process), entries)
  return { differences, unmatchedCount: outputCount - matchedCount, ended, warnings: ofType(entries, 'warning') }
}

/** What `again` gives when nothing came out differently. */
export const IDENTICAL: Verdict = { differences: [], unmatchedCount: 0, ended: true, warnings: [] }

export function ofType<T extends EventType>(entries: readonly Entry[], type: T): readonly EntryOf<T>[] {
  return entries.filter((entry): entry is EntryOf<T> => entry.type === type)
}

/** Messages, calls and answers in the order in which they happened: `→ builder: text`, `builder.submit`, `builder ← text`. */
export function talk(entries: readonly Entry[]): readonly string[] {
  return entries.flatMap((entry) => {
    if (entry.type === 'message') return `→ ${entry.agent}: ${entry.data.text}`
    if (entry.type === 'tool_call') return `${entry.agent}.${entry.data.tool}`
    if (entry.type === 'tool_result') return `${entry.agent} ← ${entry.data.error ?? String(entry.data.result)}`
    return []
  })
}
