/** Starts a recorded program again in replay mode, as it was started: same file, arguments, folder and time zone. */
import { fork } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { ReplayOrder } from './program-side.ts'
import type { Recording } from './recording.ts'
import { cannotTell, type Verdict } from './verdict.ts'

/** Lines of a program's stderr that are worth repeating when it failed. */
const LAST_WORDS_MAX = 12

/**
 * A replay makes much that is forgotten at once. In Node's usual room for such things the process grows to twice the memory
 * before it looks (bench/replay.ts), and is no faster for it. In MB.
 */
export const SMALL_MEMORY = ['--max-semi-space-size=4']

/** Resolves with the program's verdict, or with `cannot_tell` and its last words when it gave none. */
export async function replayInProgram(
  recording: Recording,
  program: string,
  order: ReplayOrder,
  { signal }: { signal?: AbortSignal } = {},
): Promise<Verdict> {
  const { argv, tz } = recording.header.data
  const { cwd } = recording.place
  const child = fork(program, [...argv], {
    cwd: existsSync(cwd) ? cwd : process.cwd(),
    env: { ...process.env, TZ: tz, RAMURE_REPLAY: JSON.stringify(order) },
    execArgv: ['--enable-source-maps', '--no-warnings', ...SMALL_MEMORY],
    // What the program prints is about a run that does not happen.
    stdio: ['ignore', 'ignore', order.inspect === null ? 'pipe' : 'inherit', 'ipc'],
  })
  let words = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-4096)
  })
  const stop = () => void child.kill('SIGKILL')
  signal?.addEventListener('abort', stop, { once: true })
  try {
    return await new Promise<Verdict>((resolve, reject) => {
      child.once('message', (verdict) => resolve(verdict as Verdict))
      child.once('error', reject)
      child.once('close', (code, killedBy) =>
        resolve(signal?.aborted ? stoppedEarly(recording, program) : noVerdict(recording, program, code, killedBy, words)),
      )
    })
  } finally {
    signal?.removeEventListener('abort', stop)
    stop()
  }
}

function stoppedEarly(recording: Recording, program: string): Verdict {
  const message = `The replay was stopped; ${program} had not come to the end of the process '${recording.header.data.process}' yet.`
  const hint = 'A program that never calls it goes on for ever: name the right file with --program.'
  return cannotTell(recording.run, { code: 'ERR_REPLAY_STOPPED', message, hint }, recording)
}

const OTHER_PROGRAM = 'Run it by hand, or name another file with --program.'
const OLD_NODE = `This is node ${process.versions.node}: TypeScript without a build step needs 22.19 or newer.`

function noVerdict(recording: Recording, program: string, code: number | null, killedBy: string | null, words: string): Verdict {
  const how = killedBy ? `was killed by ${killedBy}` : `ended with exit code ${code}`
  const last = words.trim().split('\n').slice(-LAST_WORDS_MAX).join('\n')
  const message = `${program} ${how} and never called the process '${recording.header.data.process}'.${last ? `\n${last}` : ''}`
  return cannotTell(
    recording.run,
    { code: 'ERR_PROGRAM_FAILED', message, hint: words.includes('ERR_UNKNOWN_FILE_EXTENSION') ? OLD_NODE : OTHER_PROGRAM },
    recording,
  )
}
