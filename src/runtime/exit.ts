/** What is still to be done when Node ends: by `process.exit`, an error that nobody caught, or because nothing is left to do. */

const callbacks = new Set<() => void>()

/** Calls back, synchronously, when the Node process ends; not when it is killed. Returns how to take it back. */
export function onExit(callback: () => void): () => void {
  // One listener for all runs: Node warns of more than ten.
  if (callbacks.size === 0) process.on('exit', callAll)
  callbacks.add(callback)
  return () => {
    if (callbacks.delete(callback) && callbacks.size === 0) process.removeListener('exit', callAll)
  }
}

function callAll(): void {
  for (const callback of callbacks) {
    try {
      callback()
    } catch {
      // A log that dies now has nobody left to tell; the other runs still have something to write.
    }
  }
}
