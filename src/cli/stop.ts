import { RamureError } from '../log/error.ts'
import { control } from '../wire/control-client.ts'
import type { LiveRun } from '../wire/registry.ts'
import { isRunning } from '../wire/running.ts'
import { type Action, type Cli, textOption } from './cli.ts'
import { callerOf } from './live.ts'
import { chooseLiveRun, wantedRun } from './runs.ts'

/** How long a run has to take the wish in before it is told by a signal. */
const ANSWER_MS = 5000

/** `ramure stop [run]`: asks a live run to end; when it does not answer, its own process gets SIGTERM. */
export const run: Action = async (cli, [position], options) => {
  const live = await chooseLiveRun(cli, wantedRun(position, options))
  const reason = textOption(options, 'reason')
  const how = (await ask(live, callerOf(options), reason)) ? 'asked' : signal(cli, live)
  cli.output.answer({ run: live.run, how, pid: live.pid }, () =>
    how === 'asked'
      ? `Asked ${live.run} to stop.   how it ends  ramure tail -f ${live.run}`
      : `${live.run} did not answer: sent SIGTERM to its process ${live.pid}.`,
  )
}

async function ask(live: LiveRun, caller: string, reason: string | undefined): Promise<boolean> {
  const line = control(live.socket)
  try {
    await line.request({ cmd: 'stop', caller, ...(reason === undefined ? {} : { reason }) }, { timeoutMs: ANSWER_MS })
    return true
  } catch (error) {
    // Silence is what the signal is for; an answer that says no is an answer.
    if (error instanceof RamureError && (error.code === 'ERR_CONTROL_TIMEOUT' || error.code === 'ERR_RUN_NOT_LIVE')) return false
    throw error
  } finally {
    line.close()
  }
}

/**
 * Only the very process that started the run: it must be as old as its record, and hold the log when the log is here.
 * A pid that now belongs to somebody else is left alone. Throws ERR_STOP_FAILED.
 */
function signal(cli: Cli, live: LiveRun): 'signalled' {
  if (isRunning(live.pid, live.started_at) && holdsItsLog(cli, live.run)) {
    process.kill(live.pid, 'SIGTERM')
    return 'signalled'
  }
  throw new RamureError('ERR_STOP_FAILED', `${live.run} does not answer, and process ${live.pid} is not the one that started it.`, {
    hint: 'what is left of it  ramure doctor',
  })
}

/** False only when the log is here and says that nobody writes it; a log may also be in another folder. */
function holdsItsLog(cli: Cli, run: string): boolean {
  try {
    return cli.store.writerAlive(run) !== false
  } catch (error) {
    if (error instanceof RamureError && error.code === 'ERR_RUN_NOT_FOUND') return true
    throw error
  }
}
