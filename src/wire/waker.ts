/**
 * Tells those who read a run's log by themselves that there is more in it: where it ends now, never what it says. The file is
 * what waits for them, so nothing is encoded twice, and nothing is lost with a line that was not sent.
 *
 * V1 The first line comes at once, later ones only after a write, all of them together at most once in 2 ms.
 * V2 A client that has not taken a line yet gets no other before it has: what it missed is in the next one.
 */
import type { Duplex } from 'node:stream'
import type { ControlHost } from './host.ts'

export interface Waker {
  /** Tells `socket` from now on until `gone` aborts; then it is ended. */
  add(socket: Duplex, gone: AbortSignal): void
  /** Ends all of them: there will be nothing more to tell. */
  close(): void
}

/** Time between two lines, ms: more often nobody can follow with his eyes, and each costs a system call for every reader. */
export const PAUSE_MS = 2

export function waker(host: Pick<ControlHost, 'writtenSeq' | 'onWritten'>): Waker {
  const readers = new Map<Duplex, Reader>()
  const rhythm = rhythmOf(() => {
    const line = `{"seq":${host.writtenSeq()}}\n`
    for (const reader of readers.values()) reader.tell(line)
  })
  // Who is not listened to costs the run nothing.
  let stop: (() => void) | null = null
  const remove = (socket: Duplex) => {
    if (!readers.delete(socket)) return
    socket.end()
    if (readers.size > 0) return
    stop?.()
    stop = null
    rhythm.stop()
  }
  return {
    add(socket, gone) {
      if (gone.aborted) return void socket.end()
      const reader = readerOf(socket)
      readers.set(socket, reader)
      gone.addEventListener('abort', () => remove(socket), { once: true })
      stop ??= host.onWritten(rhythm.beat)
      reader.tell(`{"seq":${host.writtenSeq()}}\n`)
    },
    close: () => [...readers.keys()].forEach(remove),
  }
}

interface Reader {
  tell(line: string): void
}

function readerOf(socket: Duplex): Reader {
  let isBusy = false
  let owed: string | null = null
  const tell = (line: string) => {
    if (isBusy) owed = line
    else {
      isBusy = true
      socket.write(line, taken)
    }
  }
  const taken = () => {
    isBusy = false
    const next = owed
    owed = null
    if (next !== null && !socket.destroyed) tell(next)
  }
  return { tell }
}

/** Calls `act` for beats: at the end of the turn of one after a pause, for later ones at the end of the pause. */
function rhythmOf(act: () => void): { beat(): void; stop(): void } {
  let isDue = false
  let isArmed = false
  let nextMs = 0
  const look = () => {
    isArmed = false
    if (!isDue) return
    isDue = false
    nextMs = performance.now() + PAUSE_MS
    act()
  }
  return {
    beat() {
      isDue = true
      if (isArmed) return
      isArmed = true
      // A timer for each would cost as much again.
      if (performance.now() >= nextMs) process.nextTick(look)
      else setTimeout(look, PAUSE_MS)
    },
    stop: () => void (isDue = false),
  }
}
