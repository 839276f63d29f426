/** Ctrl-C ends a run in order the first time, and at once the second time. */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Node ignores it, so that a write over the user's limit fails with EFBIG; but execa's signal-exit listens to it for a while, and
 * when it stops the signal kills again. A run has to end in order then, as on a full disk.
 */
const FILE_TOO_LARGE = 'SIGXFSZ'
const toldByTheWrite = (): void => {}

/** Every run of this process: a signal is for all of them. */
const callbacks = new Set<(signal: string) => void>()
const listeners = new Map<string, () => void>()

/** Calls back with the first such signal, unless the program handles it itself. Returns how to stop listening. */
export function onSignals(callback: (signal: string) => void): () => void {
  if (callbacks.size === 0) listen()
  callbacks.add(callback)
  return () => {
    if (!callbacks.delete(callback) || callbacks.size > 0) return
    for (const name of [...listeners.keys()]) silence(name)
    process.removeListener(FILE_TOO_LARGE, toldByTheWrite)
  }
}

function listen(): void {
  process.on(FILE_TOO_LARGE, toldByTheWrite)
  for (const signal of SIGNALS.filter((name) => process.listenerCount(name) === 0)) {
    const listener = () => {
      // From now on the signal does again what it does without a listener.
      silence(signal)
      for (const callback of [...callbacks]) callback(signal)
    }
    listeners.set(signal, listener)
    process.on(signal, listener)
  }
}

function silence(signal: string): void {
  const listener = listeners.get(signal)
  if (listener) process.removeListener(signal, listener)
  listeners.delete(signal)
}
