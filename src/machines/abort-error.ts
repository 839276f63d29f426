/** What Node's own promises reject with when their signal aborts. */
export function abortError(signal: AbortSignal, what: string): Error {
  const error = new Error(`${what} was aborted.`, { cause: signal.reason })
  return Object.assign(error, { name: 'AbortError', code: 'ABORT_ERR' })
}
