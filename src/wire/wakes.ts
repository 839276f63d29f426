import { connect } from 'node:net'
import type { Bell } from '../log/store.ts'

/**
 * A live run that tells over its control socket when there is more in its log. Where nobody listens, or nobody answers, it never
 * works; when the run hangs up, dies or says something else it is lost.
 */
export function wakes(socketPath: string): Bell {
  return {
    listen({ works, rings, lost }) {
      const socket = connect(socketPath)
      let [hasWorked, isOver] = [false, false]
      socket.on('connect', () => void socket.write('{"cmd":"wake"}\n'))
      socket.on('data', (chunk: Buffer) => {
        // The numbers are for other readers: this one looks at the file.
        if (!hasWorked && !chunk.toString('latin1').startsWith(FIRST)) return void socket.destroy()
        if (hasWorked) return rings()
        hasWorked = true
        works()
      })
      socket.on('error', () => {}) // A close follows.
      socket.on('end', () => socket.destroy())
      socket.on('close', () => hasWorked && !isOver && lost())
      return () => {
        isOver = true
        socket.destroy()
      }
    },
  }
}

/** Runs that do not know the command answer with an error. */
const FIRST = '{"seq":'
