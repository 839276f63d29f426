import { constants, userInfo } from 'node:os'
import { RamureError } from '../log/error.ts'
import { abortError } from './abort-error.ts'
import { boundedOutput } from './bounded-output.ts'
import type { ExecOptions, ExecResult } from './machine.ts'

/** Node fires at once what is to wait longer than it can, 24.8 days. */
const TIMER_MS_MAX = 2 ** 31 - 1

/** Bytes of stdout, and as many of stderr, that one command may hand back; of more the middle is left out. */
export const OUTPUT_BYTES_MAX = 4 * 1024 * 1024

/** How long killed processes may keep their end of the pipes open, in ms; only those that left the group do. */
const CLOSING_MS = 500

/**
 * Runs `command` with bash in a process group of its own and waits until its output is closed. A timeout is an answer
 * with exit code 124. Throws ERR_USER_NAME, ERR_EXEC, and an AbortError when `signal` aborts; the group is killed then.
 */
export async function runBash(
  command: string,
  place: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
  options: ExecOptions = {},
): Promise<ExecResult> {
  // Loaded here: it takes longer than the rest of a replay's start, and a replay runs no command.
  const { execa } = await import('execa')
  if (options.signal?.aborted) throw abortError(options.signal, 'The command')
  const [file, ...args] = bashArgv(command, options.user, userInfo().uid === 0)
  const [stdout, stderr] = [boundedOutput(OUTPUT_BYTES_MAX), boundedOutput(OUTPUT_BYTES_MAX)]
  const child = execa(file, args, { ...place, extendEnv: false, detached: true, stdin: 'ignore', buffer: false, reject: false })
  child.stdout.on('data', stdout.push)
  child.stderr.on('data', stderr.push)
  const ender = groupEnder(() => {
    killGroup(child.pid, options.user)
    setTimeout(() => [child.stdout, child.stderr].map((stream) => stream.destroy()), CLOSING_MS).unref()
  }, options)
  const result = await child.finally(ender.release)
  if (ender.cause === 'abort' && options.signal) throw abortError(options.signal, 'The command')
  if (ender.cause === 'timeout') return timedOut(stdout.text(), stderr.text(), options.timeoutMs ?? 0)
  if (child.pid === undefined) throw notStarted(command, result.cause ?? result.originalMessage)
  return { exit_code: exitCode(result), stdout: stdout.text(), stderr: stderr.text() }
}

type Argv = readonly [string, ...string[]]

/** Argv of a command, run as `user` where one is given: the caller's text is one argument and never part of another. */
export function bashArgv(command: string, user: string | undefined, isRoot: boolean): Argv {
  const bash: Argv = ['bash', '-c', command]
  if (user === undefined) return bash
  if (!/^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/.test(user)) {
    throw new RamureError('ERR_USER_NAME', `${JSON.stringify(user)} is not a user name.`, {
      hint: 'Use letters, digits, `_`, `.` and `-`, with a letter or `_` first.',
    })
  }
  return isRoot ? ['runuser', '-u', user, '--', ...bash] : ['sudo', '-n', '-u', user, '--', ...bash]
}

interface Ender {
  /** Why the group was killed; the first cause stays. */
  readonly cause: 'timeout' | 'abort' | null
  release(): void
}

function groupEnder(kill: () => void, { timeoutMs, signal }: ExecOptions): Ender {
  let cause: Ender['cause'] = null
  const end = (why: 'timeout' | 'abort') => (): void => {
    cause ??= why
    kill()
  }
  const onAbort = end('abort')
  const timer = timeoutMs === undefined ? undefined : setTimeout(end('timeout'), Math.min(timeoutMs, TIMER_MS_MAX))
  signal?.addEventListener('abort', onAbort, { once: true })
  const release = (): void => {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
  }
  return {
    get cause() {
      return cause
    },
    release,
  }
}

function killGroup(pid: number | undefined, user: string | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    // Processes of another user are out of our reach; what may become that user may also signal them.
    if (user !== undefined && (error as NodeJS.ErrnoException).code === 'EPERM') {
      void import('execa').then(({ execa }) => execa('sudo', ['-n', '-u', user, '--', 'kill', '-KILL', '--', `-${pid}`], { reject: false }))
    }
  }
}

function timedOut(stdout: string, stderr: string, timeoutMs: number): ExecResult {
  const gap = stderr === '' || stderr.endsWith('\n') ? '' : '\n'
  return { exit_code: 124, stdout, stderr: `${stderr}${gap}Timed out after ${timeoutMs / 1000}s` }
}

/** The shell's own way to say that a signal ended a command: 128 and the signal's number. */
function exitCode(result: { readonly exitCode?: number; readonly signal?: NodeJS.Signals }): number {
  return result.exitCode ?? 128 + (result.signal === undefined ? 0 : constants.signals[result.signal])
}

function notStarted(command: string, cause: unknown): RamureError {
  const shown = command.length > 80 ? `${command.slice(0, 80)}…` : command
  return new RamureError('ERR_EXEC', `The command ${JSON.stringify(shown)} could not be started.`, {
    cause,
    hint: 'Is bash on PATH, does the folder still exist, and is the command shorter than 128 KiB?',
  })
}
