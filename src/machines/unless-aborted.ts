import { abortError } from './abort-error.ts'

/** What `work` gives; rejects with an AbortError that names `what` when `signal` aborts first. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal, what: string): Promise<T> {
  const aborted = Promise.withResolvers<never>()
  const abort = () => aborted.reject(abortError(signal, what))
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
