/** One running pi: how its end is noticed, and how it is ended. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { AgentExit, RunningAgent } from './driver.ts'
import { lookAt, type Status, signalName } from './process-status.ts'
import { sweep } from './sweep.ts'
import type { TmuxServer } from './tmux.ts'

export interface PiProcess {
  readonly pid: number
  readonly session: string
  readonly server: TmuxServer
  readonly stderrFile: string
  /** The extension removes it when it has read it: pi is up then. */
  readonly agentFile: string
  /** `NAME=value` of every process that belongs to the agent. */
  readonly marks: readonly string[]
}

/** How long each step of the end may take, in ms. */
export interface StopDeadlines {
  /** For an agent that was told to leave; default 1500. */
  readonly shutdownMs?: number
  /** For pi to clean up after its terminal has gone; default 1500. */
  readonly hangupMs?: number
  /** For the kernel to remove what was killed; default 2000. */
  readonly killMs?: number
}

const [WATCH_MS, LAST_WORDS_LINES, LAST_WORDS_CHARACTERS] = [100, 20, 4000]

/** Watches `pi` from now on. `up` resolves when it has taken its agent file, or ended, or `upMs` have passed. */
export function watchPi(pi: PiProcess, deadlines: StopDeadlines, upMs: number): RunningAgent & { readonly up: Promise<void> } {
  const ended = Promise.withResolvers<AgentExit>()
  const up = Promise.withResolvers<void>()
  const startedAt = performance.now()
  // What was sent last: once its session is gone, tmux cannot tell any more how pi ended.
  let sent: 'SIGHUP' | 'SIGKILL' | null = null
  let stopping: Promise<AgentExit> | null = null

  const watch = setInterval(() => {
    if (!existsSync(pi.agentFile) || performance.now() - startedAt > upMs) up.resolve()
    const seen = lookAt(pi.pid)
    if (seen === 'alive') return
    clearInterval(watch)
    up.resolve()
    void howItEnded(pi, seen === 'gone' ? null : seen).then((exit) =>
      ended.resolve(exit.code === null && exit.signal === null ? { ...exit, signal: sent } : exit),
    )
  }, WATCH_MS)
  watch.unref()

  const hasEndedWithin = (ms: number): Promise<boolean> => {
    const timer = new AbortController()
    const late = delay(ms, false, { signal: timer.signal }).catch(() => false)
    return Promise.race([ended.promise.then(() => true), late]).finally(() => timer.abort())
  }

  async function end(): Promise<AgentExit> {
    const { shutdownMs = 1500, hangupMs = 1500, killMs = 2000 } = deadlines
    // Only a pi that connected can have heard that it should leave.
    const isGone = await hasEndedWithin(existsSync(pi.agentFile) ? 0 : shutdownMs)
    if (!isGone) {
      sent = 'SIGHUP'
      await pi.server.kill(pi.session)
      if (!(await hasEndedWithin(hangupMs))) {
        sent = 'SIGKILL'
        killNow(pi.pid)
      }
    }
    await sweep(pi.marks, killMs)
    if (!(await hasEndedWithin(killMs))) ended.resolve({ code: null, signal: null, lastWords: 'It did not end after SIGKILL.' })
    clearInterval(watch)
    await pi.server.kill(pi.session)
    return ended.promise
  }

  return { tmuxSession: pi.session, pid: pi.pid, exited: ended.promise, up: up.promise, stop: () => (stopping ??= end()) }
}

function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended in the meantime.
  }
}

async function howItEnded(pi: PiProcess, zombie: Status | null): Promise<AgentExit> {
  const { code, signal } = zombie ?? (await exitStatus(pi))
  const said = lastLines(await readFile(pi.stderrFile, 'utf8').catch(() => ''))
  // Some failures are shown on the screen only.
  const shown = said === '' && code !== 0 ? lastLines(await pi.server.capture(pi.session)) : ''
  return { code, signal, lastWords: said || shown }
}

/** Whoever reaped it knows; tmux may need a moment to say so. */
async function exitStatus(pi: PiProcess): Promise<Status> {
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const status = await pi.server.status(pi.session)
    if (!status) break
    // tmux writes `9` or `KILL`, by version.
    if (status.code !== null || status.signal !== null) return { code: status.code, signal: signalName(status.signal) }
    await delay(40)
  }
  return { code: null, signal: null }
}

/** pi says this of every new session. */
const NOISE = /^(?:Warning: )?No project session found with id/

function lastLines(text: string): string {
  // What a terminal shows is full of colour; a sentence in a log is not.
  const plain = text.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '')
  const lines = plain
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '' && !NOISE.test(line) && !/^Pane is dead/.test(line))
  return lines.slice(-LAST_WORDS_LINES).join('\n').slice(-LAST_WORDS_CHARACTERS)
}
