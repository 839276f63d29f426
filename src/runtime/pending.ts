/** Asking the world: an output that starts an effect, and the input that answers it. */
import { reviveError } from '../log/error-data.ts'
import type { EntryOf, ErrorData, EventData } from '../log/events.ts'
import { deferred } from './deferred.ts'
import { scopeClosed } from './errors.ts'
import type { ProcessScope } from './process-scope.ts'
import { output, type Pending } from './run.ts'
import type { Scope } from './scope.ts'

/** Which input answers which output. */
export interface Answers {
  exec_started: 'exec_result'
  file_read_started: 'file_read'
  file_write_started: 'file_written'
  step_started: 'step_result'
}

/**
 * Appends the question and resolves with the data of its answer. Rejects with the recorded error when the answer is one,
 * and with the reason of the process's end when that comes first.
 */
export function ask<T extends keyof Answers>(
  scope: Scope,
  type: T,
  data: EventData[T],
  payload?: unknown,
): Promise<Exclude<EventData[Answers[T]], { readonly error: ErrorData }>> {
  const process = openProcess(scope, type)
  const asked = output(scope, type, data, { payload })
  const answer = deferred<Exclude<EventData[Answers[T]], { readonly error: ErrorData }>>()
  expect(process, asked, {
    settle: (entry) => {
      const given = entry.data as { readonly error?: ErrorData }
      if (given.error) answer.reject(reviveError(given.error))
      else answer.resolve(given as Exclude<EventData[Answers[T]], { readonly error: ErrorData }>)
    },
    reject: answer.reject,
  })
  return answer.promise
}

/**
 * Runs `start`. What it throws before anything was recorded rejects like any promise; a failure after that is in the log,
 * and it is no unhandled rejection when nobody awaits it: the process may simply have ended first.
 */
export function recorded<T>(start: () => Promise<T>): Promise<T> {
  try {
    const started = start()
    started.catch(() => {})
    return started
  } catch (error) {
    return Promise.reject(error)
  }
}

/** Registers who takes the answer to `asked`. */
export function expect(
  process: ProcessScope,
  asked: EntryOf<keyof Answers | 'timer_set'>,
  who: { settle(answer: EntryOf<Answers[keyof Answers] | 'timer_fired'>): void; reject(error: unknown): void },
): void {
  const waiting: Pending = {
    asked,
    process,
    settle: (answer) => who.settle(answer as EntryOf<Answers[keyof Answers] | 'timer_fired'>),
    reject: who.reject,
  }
  process.pending.set(asked.seq, waiting)
  process.scope.run.pending.set(asked.seq, waiting)
}

/** Takes the question back: nobody waits for its answer any longer. Returns false when it was settled before. */
export function forget(process: ProcessScope, seq: number): boolean {
  process.pending.delete(seq)
  return process.scope.run.pending.delete(seq)
}

/** Rejects everything that `process` still waits for, and tells the rim to stop it. */
export function rejectAll(process: ProcessScope, error: unknown): void {
  const { run } = process.scope
  for (const waiting of process.pending.values()) {
    const { seq } = waiting.asked
    forget(process, seq)
    run.rim.abandon(seq)
    waiting.reject(error)
  }
}

/** The process of a scope, while it runs. Throws ERR_SCOPE_CLOSED after its end. */
export function openProcess(scope: Scope, call: string): ProcessScope {
  const process = scope.process ?? scope.run.root
  if (!process || process.phase !== 'running') throw process?.interruptedBy ?? scopeClosed(call, scope.path)
  return process
}
