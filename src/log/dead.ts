import { RamureError } from './error.ts'

/** ERR_LOG_DEAD: a write of this run failed, and nothing may be acknowledged after it. Keeps the first error as its cause. */
export function logDead(run: string, cause: unknown): RamureError {
  if (cause instanceof RamureError && cause.code === 'ERR_LOG_DEAD') return cause
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new RamureError('ERR_LOG_DEAD', `The log of ${run} could not be written, so the run cannot go on: ${reason}.`, {
    cause,
    hint: 'Everything acknowledged before is on disk. Check free space and permissions of the logs folder, then resume the run.',
  })
}
