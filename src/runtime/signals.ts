/** Ctrl-C ends a run in order the first time, and at once the second time. */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Calls back with the first such signal, unless the program handles it itself. Returns how to stop listening. */
export function onSignals(callback: (signal: string) => void): () => void {
  const mine = SIGNALS.filter((signal) => process.listenerCount(signal) === 0)
  const listeners = mine.map((signal) => {
    const listener = () => {
      // From now on the signal does again what it does without a listener.
      process.removeListener(signal, listener)
      callback(signal)
    }
    process.on(signal, listener)
    return { signal, listener }
  })
  return () => {
    for (const { signal, listener } of listeners) process.removeListener(signal, listener)
  }
}
