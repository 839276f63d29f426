import { readFileSync } from 'node:fs'
import { constants } from 'node:os'

/** How a process ended; null is what nobody can tell any more. */
export interface Status {
  readonly code: number | null
  readonly signal: string | null
}

/**
 * Looks at a process that is not necessarily a child of this one. One that ended may stay for a long time until its
 * parent takes notice (tmux does not hurry); it is dead all the same, and on Linux it shows how it ended.
 */
export function lookAt(pid: number): 'alive' | 'gone' | Status {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 'alive' : 'gone'
  }
  const [state, exitCode] = statOf(pid)
  return state === 'Z' || state === 'X' ? decodeStatus(Number(exitCode)) : 'alive'
}

/** State and exit code of proc(5); nothing where there is no such file. */
function statOf(pid: number): [string | undefined, string | undefined] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name in parentheses may contain anything, so fields are counted from its end: the state is the third of 52.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .trimEnd()
      .split(' ')
    return [fields[0], fields[49]]
  } catch {
    return [undefined, undefined]
  }
}

/** As wait(2) encodes it: a signal in the low seven bits, else the exit code above them. */
function decodeStatus(status: number): Status {
  if (!Number.isInteger(status)) return { code: null, signal: null }
  const signal = status & 0x7f
  return signal === 0 ? { code: (status >> 8) & 0xff, signal: null } : { code: null, signal: signalName(String(signal)) }
}

/** `9`, `KILL` and `SIGKILL` are one signal. */
export function signalName(signal: string | null): string | null {
  if (signal === null) return null
  const byNumber = Object.entries(constants.signals).find(([, number]) => String(number) === signal)?.[0]
  return byNumber ?? (signal.startsWith('SIG') ? signal : `SIG${signal.toUpperCase()}`)
}
