/** What a run waited for, found by running its program again on its log: in a process of its own, with nothing started. */
import type { Verdict } from '../replay/verdict.ts'
import type { Cli } from './cli.ts'
import { plural } from './figures.ts'
import type { LoadedRun } from './load.ts'
import { replayOne } from './replay-one.ts'
import { plain } from './text.ts'
import type { WaitingView } from './why-data.ts'

/** Nobody waits longer for a view that the command line can do without. */
const REPLAY_MS = 15_000
/** A longer log takes more memory and time than such a view is worth. */
const ENTRIES_MAX = 200_000

export interface WaitingQuestion {
  /** Hands over no later input; null: all that were recorded. */
  readonly until: number | null
  /** The file to run instead of the recorded one. */
  readonly program: string | undefined
}

export async function replayWaiting(cli: Cli, { run, state }: LoadedRun, { until, program }: WaitingQuestion): Promise<WaitingView> {
  const { eventsCount } = state.run
  if (eventsCount > ENTRIES_MAX)
    return unknown(`its log is long (${plural(eventsCount, 'entry', 'entries')}): ramure replay asks in any case`)
  cli.output.progress('looking where the program is: replaying it on its log, with nothing started')
  const signal = AbortSignal.any([cli.signal, AbortSignal.timeout(REPLAY_MS)])
  const options = { ...(until !== null && { until: String(until) }), ...(program !== undefined && { program }) }
  const verdict = await replayOne({ ...cli, signal }, { store: cli.store, run }, options)
  cli.output.progress(null)
  return viewOf(verdict, until, signal.aborted)
}

function viewOf(verdict: Verdict, until: number | null, isLate: boolean): WaitingView {
  if (isLate) return unknown(`its program did not come that far within ${REPLAY_MS / 1000} s`)
  if (verdict.verdict === 'cannot_tell') {
    const { message = 'it cannot be replayed', hint = null } = verdict.reason ?? {}
    return unknown(
      [message.split('\n')[0], hint]
        .filter(Boolean)
        .map((part) => plain(part as string, 400))
        .join(' '),
    )
  }
  const [first] = verdict.divergences
  const changed = verdict.code.changed.length > 0 ? `${verdict.code.changed.join(', ')} changed since` : null
  if (first) return unknown(`its program decides otherwise now, first at #${first.seq}${changed ? `: ${changed}` : ''}`)
  // The limit that a process has is not what it waits for, once it is over.
  const waiting = verdict.waiting.filter(({ kind, label }) => until === null || kind !== 'timer' || label !== 'timeout')
  return { known: true, waiting, until, doubt: changed }
}

function unknown(why: string): WaitingView {
  return { known: false, why }
}
