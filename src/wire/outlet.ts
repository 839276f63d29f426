/**
 * Where frames leave for a socket. A system call costs more than everything else about a small frame, so what is written
 * in one turn leaves in one write at its end; while inputs wait for the run, in one write for several turns.
 *
 * O1 Nothing waits once the run has caught up; behind or not, nothing waits longer than HOLD_MS.
 * O2 Readers who are sent the same frames share their bytes: joined once, whatever their number.
 */
import type { Duplex } from 'node:stream'
import { drained } from './drained.ts'

export interface Outlet {
  /** Takes a whole frame. */
  write(frame: Uint8Array): void
  /** Bytes that were written and not taken by the socket yet. */
  queuedBytes(): number
  /** Bytes that were written and taken by the socket, since it was opened. */
  takenBytes(): number
  /** Lets everything go now. */
  flush(): void
  /** Resolves when the socket has taken everything, or is gone. */
  drained(): Promise<void>
}

/** What the connections of one server have in common. */
export interface Outlets {
  /** An outlet to `socket`; after the socket's end, or once `isOpen` says no, what is written is dropped. */
  open(socket: Duplex, isOpen: () => boolean): Outlet
}

const HOLD_MS = 0.5
/** Joining copies; what is larger than this is worth a write of its own. */
const JOINED_BYTES_MAX = 256 * 1024

/** `isBehind`: inputs wait to be taken, and what they lead to will want to leave as well. */
export function outlets(isBehind: () => boolean): Outlets {
  const atTurnEnd = turnEnds(isBehind)
  const join = joiner()
  return {
    open(socket, isOpen) {
      let frames: Uint8Array[] = []
      let bytes = 0
      let writtenBytes = 0
      const queuedBytes = () => bytes + socket.writableLength
      const flush = () => {
        if (frames.length === 0) return
        const [ready, readyBytes] = [frames, bytes]
        ;[frames, bytes] = [[], 0]
        if (isOpen()) leave(socket, ready, readyBytes, join)
      }
      return {
        write(frame) {
          if (!isOpen()) return
          bytes += frame.length
          writtenBytes += frame.length
          if (frames.push(frame) === 1) atTurnEnd(flush)
          // What is held back is bounded as well.
          if (bytes > JOINED_BYTES_MAX) flush()
        },
        queuedBytes,
        takenBytes: () => writtenBytes - queuedBytes(),
        flush,
        drained() {
          flush()
          return drained(socket)
        },
      }
    },
  }
}

function leave(socket: Duplex, frames: readonly Uint8Array[], bytes: number, join: (frames: readonly Uint8Array[]) => Uint8Array): void {
  if (bytes <= JOINED_BYTES_MAX) return void socket.write(join(frames))
  socket.cork()
  for (const frame of frames) socket.write(frame)
  socket.uncork()
}

/** Calls back at the end of this turn, or of a later one while the run is behind. */
function turnEnds(isBehind: () => boolean): (act: () => void) => void {
  let waiting: (() => void)[] = []
  let sinceMs = 0
  const look = () => {
    if (isBehind() && performance.now() - sinceMs < HOLD_MS) return void setImmediate(look)
    const ready = waiting
    waiting = []
    for (const act of ready) act()
  }
  return (act) => {
    if (waiting.push(act) > 1) return
    sinceMs = performance.now()
    process.nextTick(look)
  }
}

/** Joins frames; who asks for the same ones right afterwards gets the same bytes. */
function joiner(): (frames: readonly Uint8Array[]) => Uint8Array {
  let last: { readonly frames: readonly Uint8Array[]; readonly bytes: Uint8Array } | null = null
  return (frames) => {
    const [only] = frames
    if (frames.length === 1 && only) return only
    if (!last || !areSame(last.frames, frames)) last = { frames, bytes: Buffer.concat(frames) }
    return last.bytes
  }
}

function areSame(one: readonly Uint8Array[], other: readonly Uint8Array[]): boolean {
  return one.length === other.length && one.every((frame, index) => frame === other[index])
}
