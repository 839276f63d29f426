import type { Duplex } from 'node:stream'

/** Resolves when a socket has taken everything that was written to it, or is gone. */
export function drained(socket: Duplex): Promise<void> {
  if (socket.destroyed || socket.writableLength === 0) return Promise.resolve()
  return new Promise((resolve) => {
    const done = () => {
      socket.off('drain', done).off('close', done)
      resolve()
    }
    socket.on('drain', done).on('close', done)
  })
}
