/** The errors that programs catch by class. */
import { RamureError } from '../log/error.ts'

/** `fail(reason)` was called, or the process was failed from outside. `reason` is what it was given. */
export class ExecutionFailed extends RamureError {
  override readonly name = 'ExecutionFailed'
  readonly reason: string
  constructor(reason: string, options: { cause?: unknown } = {}) {
    super('ERR_EXECUTION_FAILED', reason, options)
    this.reason = reason
  }
}

/** The process was cancelled: by its handle, by the end of its parent, or by a stop request. */
export class ExecutionCancelled extends RamureError {
  override readonly name = 'ExecutionCancelled'
  readonly reason: string
  readonly by: string
  constructor(reason: string, by: string) {
    super('ERR_CANCELLED', `The process was cancelled by ${by}: ${reason}.`)
    this.reason = reason
    this.by = by
  }
}

/** The process ran longer than its `timeoutMs`. */
export class ProcessTimeout extends RamureError {
  override readonly name = 'TimeoutError'
  constructor(process: string, timeoutMs: number) {
    super('ERR_TIMEOUT', `Process '${process}' did not finish within ${timeoutMs} ms.`, {
      hint: 'Raise timeoutMs in the options of agentProcess, or look at what it was waiting for with `ramure status`.',
    })
  }
}

export function noProcess(call: string): RamureError {
  return new RamureError('ERR_NO_PROCESS', `No active process: ${call} was called outside of a process function.`, {
    hint: 'Call it from inside the function given to agentProcess, or from a handler of one of its agents.',
  })
}

export function scopeClosed(call: string, path: string): RamureError {
  return new RamureError('ERR_SCOPE_CLOSED', `${call} was called in ${path} after that process had ended.`, {
    hint: 'Await everything the process starts before it returns.',
  })
}
