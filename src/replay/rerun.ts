/** Runs a process again on a recording: the same loop, with the log comparing and nothing started. */
import { RamureError } from '../log/error.ts'
import type { Entry, EntryOf } from '../log/events.ts'
import { localImage } from '../machines/local.ts'
import { dispatch } from '../runtime/dispatcher.ts'
import { patchGlobals } from '../runtime/globals.ts'
import { type Definition, startProcess } from '../runtime/lifecycle.ts'
import { outside } from '../runtime/outside.ts'
import type { ProcessScope } from '../runtime/process-scope.ts'
import { createRun } from '../runtime/run.ts'
import { compareWith, type Difference } from './compare.ts'

export interface Rerun {
  readonly differences: readonly Difference[]
  /** Outputs of the rerun that are equal to recorded ones and in place. */
  readonly matchedCount: number
  /** Recorded outputs in all. */
  readonly outputCount: number
  /** True when the root process ended in the rerun. */
  readonly ended: boolean
}

/**
 * Reruns `definition` on a whole recording, entries in order of `seq` with blobs resolved. Starts no agent, opens no
 * socket, performs no effect. Throws ERR_LOG_HEADER when the first entry is not `run_started`.
 */
export async function rerun(definition: Definition, recording: readonly Entry[], rest?: () => Promise<void>): Promise<Rerun> {
  const started = header(recording)
  const comparison = compareWith(recording)
  const run = createRun({
    id: started.data.run,
    header: started.data,
    directory: null,
    journal: comparison.journal,
    rim: { abandon: () => {} },
    defaultImage: localImage(),
    io: 'refuse',
    startedMs: Date.parse(started.time),
  })
  patchGlobals()
  let root: ProcessScope | null = null
  await outside(() => dispatch(run, comparison.inbox, () => (root = startProcess(run, definition, started.data.args, null, 'call')), rest))
  const ended = (root as ProcessScope | null)?.phase === 'closed'
  const outputCount = recording.filter((entry) => entry.by === 'program').length
  return { differences: comparison.differences(), matchedCount: comparison.matchedCount(), outputCount, ended }
}

function header(recording: readonly Entry[]): EntryOf<'run_started'> {
  const [first] = recording
  if (first?.type === 'run_started') return first
  throw new RamureError('ERR_LOG_HEADER', `A recording begins with run_started; this one begins with ${first?.type ?? 'nothing'}.`)
}
