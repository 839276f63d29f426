import { abortError } from './abort-error.ts'

/** A bound for how many do something at once; who waits is let in in order. */
export interface Slots {
  /** Resolves with the function that gives the slot back (at most once). Rejects with an AbortError when the signal aborts first. */
  take(signal: AbortSignal): Promise<() => void>
}

export function createSlots(max: number): Slots {
  let free = max
  const queue: (() => void)[] = []

  function giveBack(): void {
    const next = queue.shift()
    if (next) next()
    else free += 1
  }

  function once(): () => void {
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      giveBack()
    }
  }

  return {
    take(signal) {
      if (signal.aborted) return Promise.reject(abortError(signal, 'The wait'))
      if (free > 0) {
        free -= 1
        return Promise.resolve(once())
      }
      return new Promise((resolve, reject) => {
        const enter = (): void => {
          signal.removeEventListener('abort', leave)
          resolve(once())
        }
        const leave = (): void => {
          queue.splice(queue.indexOf(enter), 1)
          reject(abortError(signal, 'The wait'))
        }
        queue.push(enter)
        signal.addEventListener('abort', leave, { once: true })
      })
    },
  }
}
