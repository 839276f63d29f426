/**
 * Work that nobody awaits and that the end of its process cuts short: `void sleep(60_000).then(() => fail('too slow'))`.
 * Its rejection says what everybody knows already, and must not take the Node process down in the middle of a cleanup.
 * Every other rejection that nobody awaits stays as fatal as it is in Node.
 */
import { RamureError } from '../log/error.ts'

const endings = new WeakSet<object>()
const CODES: ReadonlySet<string> = new Set(['ERR_SCOPE_CLOSED', 'ERR_PROCESS_ENDED', 'ERR_CANCELLED', 'ERR_AGENT_ENDED'])

/** Remembers that this error ended a process: who waits for that process's things is rejected with it. */
export function endsProcess(error: object): void {
  endings.add(error)
}

let runsCount = 0

/** From now on such rejections are ignored, unless the program listens for them itself. Returns how to stop. */
export function ignoreFloating(): () => void {
  if (runsCount === 0 && process.listenerCount('unhandledRejection') === 0) process.on('unhandledRejection', judge)
  runsCount += 1
  let isIgnoring = true
  return () => {
    if (!isIgnoring) return
    isIgnoring = false
    runsCount -= 1
    if (runsCount === 0) process.removeListener('unhandledRejection', judge)
  }
}

function judge(reason: unknown): void {
  // Thrown from here it becomes an uncaught exception, which is what Node makes of it when nobody listens.
  if (!isEnding(reason)) throw reason
}

function isEnding(reason: unknown): boolean {
  if (reason instanceof RamureError && CODES.has(reason.code)) return true
  return typeof reason === 'object' && reason !== null && endings.has(reason)
}

let shieldsCount = 0
let shielded: NodeJS.UnhandledRejectionListener[] = []

/**
 * From now on nobody else hears of such rejections either: to a test runner that listens they would be failures. It goes
 * on hearing of all others. Returns how to stop.
 */
export function shieldFloating(): () => void {
  if (shieldsCount === 0) {
    shielded = process.listeners('unhandledRejection')
    for (const listener of shielded) process.removeListener('unhandledRejection', listener)
    process.on('unhandledRejection', sift)
  }
  shieldsCount += 1
  return () => {
    shieldsCount -= 1
    if (shieldsCount > 0) return
    process.removeListener('unhandledRejection', sift)
    for (const listener of shielded.splice(0)) process.on('unhandledRejection', listener)
  }
}

function sift(reason: unknown, promise: Promise<unknown>): void {
  if (isEnding(reason)) return
  if (shielded.length === 0) throw reason
  for (const listener of shielded) listener(reason, promise)
}
