/** A recording as tests look at it: a file beside them, and the same questions that a simulated run answers. */
import { readFile } from 'node:fs/promises'
import { decodeEntry } from '../log/codec.ts'
import { RamureError } from '../log/error.ts'
import type { Entry, Json } from '../log/events.ts'
import { type Queries, queriesOf } from './queries.ts'
import { type RecordedWorld, worldOf } from './recorded-world.ts'

export interface RecordedRun extends Queries {
  readonly run: string
  readonly entries: readonly Entry[]
  readonly args: readonly Json[]
  /** How it ended; null for one that was cut off. */
  readonly outcome: string | null
  /** What it returned, as the log holds it. */
  readonly result: Json | undefined
  /** Message of what it failed with. */
  readonly error: string | undefined
  /** Its agents by name, in order of creation. */
  readonly agents: readonly string[]
  /** What a simulation of it needs beside its agents: spread it into the options of `simulate()`. */
  readonly world: RecordedWorld
}

/**
 * Reads an events.jsonl, or a copy of one as `ramure export-test` makes them. Rejects with ERR_LOG_LINE for a line that is
 * none, ERR_LOG_HEADER when it does not begin with `run_started`.
 */
export async function readRecording(file: string | URL): Promise<RecordedRun> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '')
  return recordedRun(lines.map((line) => decodeEntry(line)))
}

function recordedRun(entries: readonly Entry[]): RecordedRun {
  const [header] = entries
  if (header?.type !== 'run_started')
    throw new RamureError('ERR_LOG_HEADER', `A recording begins with run_started; this one begins with ${header?.type ?? 'nothing'}.`)
  const end = entries.findLast((entry) => entry.type === 'run_ended')
  const { run, args } = header.data
  return {
    ...queriesOf(entries),
    run,
    entries,
    args,
    outcome: end?.data.outcome ?? null,
    result: end?.data.result,
    error: end?.data.error?.message,
    agents: [...new Set(entries.flatMap((entry) => (entry.type === 'agent_created' && entry.agent !== undefined ? [entry.agent] : [])))],
    get world() {
      // Its queues of answers are used up by a run.
      return worldOf(entries)
    },
  }
}
