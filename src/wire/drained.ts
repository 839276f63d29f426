import type { Duplex } from 'node:stream'

/** Resolves when a socket that had more written to it than it buffers has taken all of it, or is gone; at once for any other. */
export function drained(socket: Duplex): Promise<void> {
  if (socket.destroyed || !socket.writableNeedDrain) return Promise.resolve()
  return new Promise((resolve) => {
    const done = () => {
      socket.off('drain', done).off('close', done)
      resolve()
    }
    socket.on('drain', done).on('close', done)
  })
}
