/** Ctrl-C ends a run in order the first time, and at once the second time. */

import { real } from './outside.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Node ignores it, so that a write over the user's limit fails with EFBIG; but execa's signal-exit listens to it for a while, and
 * when it stops the signal kills again. A run has to end in order then, as on a full disk.
 */
const FILE_TOO_LARGE = 'SIGXFSZ'
const toldByTheWrite = (): void => {}

/** Every run of this process: a signal is for all of them. */
const callbacks = new Set<(signal: string) => boolean>()
const listeners = new Map<string, () => void>()
/** What came when every run was over already and only closing: nobody has done anything about it. */
let unheeded: string | null = null

/**
 * Calls back with the first such signal, unless the program handles it itself; false says that it came too late to end anything.
 * Returns how to stop listening: a signal that nobody heeded then does what it does without a listener.
 */
export function onSignals(callback: (signal: string) => boolean): () => void {
  if (callbacks.size === 0) listen()
  callbacks.add(callback)
  return () => {
    if (!callbacks.delete(callback) || callbacks.size > 0) return
    for (const [name, listener] of [...listeners]) silence(name, listener)
    process.removeListener(FILE_TOO_LARGE, toldByTheWrite)
    const signal = unheeded
    unheeded = null
    if (signal !== null) process.kill(process.pid, signal)
  }
}

function listen(): void {
  process.on(FILE_TOO_LARGE, toldByTheWrite)
  for (const signal of SIGNALS.filter((name) => process.listenerCount(name) === 0)) {
    const listener = () => {
      // From now on the signal does again what it does without a listener. Not before the others were called: signal-exit, which
      // execa loads while a child runs, kills this process when it finds itself alone.
      real.setImmediate(() => silence(signal, listener))
      const heeded = [...callbacks].map((callback) => callback(signal))
      if (!heeded.includes(true)) unheeded = signal
    }
    listeners.set(signal, listener)
    process.on(signal, listener)
  }
}

/** Another run may have begun to listen again in the meantime: only this listener goes. */
function silence(signal: string, listener: () => void): void {
  process.removeListener(signal, listener)
  if (listeners.get(signal) === listener) listeners.delete(signal)
}
