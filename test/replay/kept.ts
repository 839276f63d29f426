/** Recordings in folders of their own, as a corpus keeps them. */
import { mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Entry } from '../../src/log/events.ts'
import { jsonlStore } from '../../src/log/jsonl.ts'
import { type AgentProcess, definitionOf } from '../../src/runtime/process.ts'
import { recordSimulated, type SimulatedOptions } from '../runtime/simulated-world.ts'

export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ramure-replay-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Records `process` in a simulated world into `<folder>/<name>`; returns that path. */
export async function keep(
  process: AgentProcess<never, unknown>,
  folder: string,
  name: string,
  options: Partial<SimulatedOptions> = {},
): Promise<string> {
  const { entries } = await recordSimulated(definitionOf(process), { seed: 1, ...options, store: jsonlStore(folder) })
  const [header] = entries
  if (header?.type !== 'run_started') throw new Error('A recording begins with run_started.')
  renameSync(join(folder, header.data.run), join(folder, name))
  return join(folder, name)
}

/** Every entry of a run. */
export async function entriesOf(folder: string, run: string): Promise<readonly Entry[]> {
  const entries: Entry[] = []
  for await (const entry of jsonlStore(folder).read(run)) {
    if ('unreadable' in entry) throw new Error(entry.unreadable.reason)
    entries.push(entry)
  }
  return entries
}
