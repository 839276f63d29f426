/** What a program may know of the run it is in. */
import type { Run } from './run.ts'
import { requireScope } from './scope.ts'

export interface CurrentRun {
  readonly id: string
  /** Folder of the run's log, or null when the store keeps none. */
  readonly directory: string | null
  /** Where agents connect, or null in a run without sockets. */
  readonly serverUrl: string | null
  /** Aborts when the run's root process ends. */
  readonly signal: AbortSignal
  /** The run's own time, in ms since 1970: when the input in hand arrived. */
  readonly clock: { now(): number }
}

/** The run of the current process: the same object everywhere in it. Throws ERR_NO_PROCESS. */
export function currentRun(): CurrentRun {
  const { run } = requireScope('currentRun()')
  const known = views.get(run)
  if (known) return known
  const view: CurrentRun = {
    id: run.id,
    directory: run.directory,
    serverUrl: run.header.server_url,
    signal: run.root?.abort.signal ?? AbortSignal.abort(),
    clock: { now: () => run.clockMs },
  }
  views.set(run, view)
  return view
}

const views = new WeakMap<Run, CurrentRun>()
