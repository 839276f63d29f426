import { RamureError } from './error.ts'

/** ERR_RUN_EXISTS: `create` of a run that is there already. */
export function runExists(run: string): RamureError {
  return new RamureError('ERR_RUN_EXISTS', `The run ${run} exists already.`, { hint: 'Open it to go on, or start a run with a new id.' })
}

/** ERR_RUN_NOT_FOUND: no such run in the store at `location`. */
export function runNotFound(run: string, location: string): RamureError {
  return new RamureError('ERR_RUN_NOT_FOUND', `There is no run ${run} in ${location}.`, { hint: 'List the runs with "ramure ls --all".' })
}

/** Why a log without an entry has none, when nobody writes it any more. */
export const NEVER_BEGAN = 'its runtime vanished before it wrote the first entry'

/** ERR_LOG_EMPTY: there is no entry, so nothing can be said, shown or replayed. */
export function logEmpty(run: string): RamureError {
  return new RamureError('ERR_LOG_EMPTY', `The log of ${run} has no entry.`, {
    hint: 'Either its runtime vanished before it wrote the first entry, or it has only just begun: `ramure status` knows.',
  })
}

/** ERR_RUN_LOCKED: somebody else writes the run; `holder` says who. */
export function runLocked(run: string, holder: string, hint = 'A run has one writer. Wait for it to end, or stop it.'): RamureError {
  return new RamureError('ERR_RUN_LOCKED', `The run ${run} is being written by ${holder}.`, { hint })
}

/** ERR_LOG_CLOSED: the writer was closed. */
export function writerClosed(run: string): RamureError {
  return new RamureError('ERR_LOG_CLOSED', `The writer of ${run} was closed.`, { hint: 'Open the run again to go on.' })
}

/** Throws ERR_SEQ_MISMATCH unless `seq` is the next one (S1). */
export function checkSeq(run: string, lastSeq: number, seq: number): void {
  if (seq === lastSeq + 1) return
  throw new RamureError('ERR_SEQ_MISMATCH', `The next entry of ${run} has seq ${lastSeq + 1}, but ${seq} was given.`, {
    hint: 'Entries of a run are appended by one run log, which counts them.',
  })
}
