/** Starts a recorded program again in replay mode, as it was started: same file, arguments, folder and time zone. */
import { fork } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { ReplayMessage, ReplayOrder } from './program-side.ts'
import type { Opening, Reason } from './recording.ts'
import type { Verdict } from './verdict.ts'

/** Lines of a program's stderr that are worth repeating when it failed. */
const LAST_WORDS_MAX = 12

/**
 * A replay makes much that is forgotten at once. In Node's usual room for such things the process grows to twice the memory
 * before it looks (bench/replay.ts), and is no faster for it. In MB.
 */
export const SMALL_MEMORY = ['--max-semi-space-size=4']

/** Resolves with the program's verdict, or with the reason why it gave none: its last words. */
export async function replayInProgram(
  recording: Opening,
  program: string,
  order: ReplayOrder,
  { signal }: { signal?: AbortSignal } = {},
): Promise<Verdict | Reason> {
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
  let refused: Reason | null = null
  const stop = () => void child.kill('SIGKILL')
  signal?.addEventListener('abort', stop, { once: true })
  try {
    return await new Promise<Verdict | Reason>((resolve, reject) => {
      child.on('message', (message: ReplayMessage) => {
        if ('refused' in message) refused ??= message.refused
        else resolve(message)
      })
      child.once('error', reject)
      child.once('close', (code, killedBy) =>
        resolve(signal?.aborted ? stoppedEarly(recording, program) : (refused ?? noVerdict(recording, program, code, killedBy, words))),
      )
    })
  } finally {
    signal?.removeEventListener('abort', stop)
    stop()
  }
}

function stoppedEarly({ header }: Opening, program: string): Reason {
  const message = `The replay was stopped; ${program} had not come to the end of the process '${header.data.process}' yet.`
  const hint = 'A program that never calls it goes on for ever: name the right file with --program.'
  return { code: 'ERR_REPLAY_STOPPED', message, hint }
}

const OTHER_PROGRAM = 'Run it by hand, or name another file with --program.'
const OLD_NODE = `This is node ${process.versions.node}: TypeScript without a build step needs 22.19 or newer.`

function noVerdict({ header }: Opening, program: string, code: number | null, killedBy: string | null, words: string): Reason {
  const how = killedBy ? `was killed by ${killedBy}` : `ended with exit code ${code}`
  const last = words.trim().split('\n').slice(-LAST_WORDS_MAX).join('\n')
  const message = `${program} ${how} and never called the process '${header.data.process}'.${last ? `\n${last}` : ''}`
  return { code: 'ERR_PROGRAM_FAILED', message, hint: words.includes('ERR_UNKNOWN_FILE_EXTENSION') ? OLD_NODE : OTHER_PROGRAM }
}
