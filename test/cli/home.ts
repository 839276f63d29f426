/** A home folder of its own per test, with runs recorded through the real log, and the command line over it. */
import { mkdtempSync, rmSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { runProgram } from '../../src/cli/program.ts'
import { type RunLog, runLog } from '../../src/log/append.ts'
import type { Draft, Entry } from '../../src/log/events.ts'
import { jsonlStore } from '../../src/log/jsonl.ts'
import { redactor } from '../../src/log/redact.ts'

export interface Home {
  readonly root: string
  readonly logs: string
  recordedCount: number
}

export function makeHome(): Home {
  const root = mkdtempSync(join(tmpdir(), 'ramure-cli-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  return { root, logs: join(root, 'logs'), recordedCount: 0 }
}

/** Opens a new run for writing; the test closes it. `at` gives the time of each entry. */
export function openRun(home: Home, run: string, at: () => number = Date.now): RunLog {
  const store = jsonlStore(home.logs)
  return runLog({ store, run, writer: store.create(run), clock: at, redact: redactor({}) })
}

/** Records a run as it was, times included. What is recorded later is newer, also for clocks of a few milliseconds. */
export async function record(home: Home, run: string, entries: readonly Entry[]): Promise<void> {
  let next = 0
  const log = openRun(home, run, () => Date.parse(entries[next]?.time ?? ''))
  for (const entry of entries) {
    const { seq: _seq, time: _time, ...draft } = entry
    // An entry without its place is a draft.
    log.append(draft as Draft)
    next += 1
  }
  await log.close()
  const modifiedAt = new Date(Date.UTC(2026, 10, 21, 9, 50 + home.recordedCount++))
  utimesSync(join(home.logs, run, 'events.jsonl'), modifiedAt, modifiedAt)
}

export interface Said {
  readonly exit: number
  readonly stdout: string
  readonly stderr: string
}

export interface CliOptions {
  readonly width?: number
  readonly colour?: boolean
  readonly now?: string
  readonly signal?: AbortSignal
  readonly env?: NodeJS.ProcessEnv
  readonly nodeVersion?: string
  /** Default false. */
  readonly stderrIsTTY?: boolean
  /** Told every piece of stdout as it comes. */
  readonly onOutput?: (stdout: string) => void
}

/** Runs `ramure <args>` in this process; width and colour as a terminal would have them, default as when piped. */
export async function ramure(home: Home, args: readonly string[], options: CliOptions = {}): Promise<Said> {
  let [stdout, stderr] = ['', '']
  const isTTY = options.width !== undefined
  const exit = await runProgram(args, {
    env: {
      RAMURE_HOME: home.root,
      PATH: process.env['PATH'],
      ...(options.colour ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' }),
      ...options.env,
    },
    stdout: {
      isTTY,
      ...(options.width === undefined ? {} : { columns: options.width }),
      write: (text) => {
        stdout += text
        options.onOutput?.(stdout)
      },
    },
    stderr: { isTTY: options.stderrIsTTY === true, write: (text) => void (stderr += text) },
    signal: options.signal ?? new AbortController().signal,
    now: () => Date.parse(options.now ?? '2026-11-21T09:41:00.000Z'),
    timeZone: 'UTC',
    version: '0.1.0',
    ...(options.nodeVersion === undefined ? {} : { nodeVersion: options.nodeVersion }),
  })
  return { exit, stdout, stderr }
}
