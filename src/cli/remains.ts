/** What is left of a run on this machine. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Remains } from './why-data.ts'

/** Processes know the run they were started for by this variable. */
const RUN_VARIABLE = 'RAMURE_EXECUTION_ID'

export async function remainsOf(env: NodeJS.ProcessEnv, run: string): Promise<Remains> {
  const { processesBy } = await import('../machines/sweep.ts')
  const [pids, tmuxSessions] = await Promise.all([processesBy(RUN_VARIABLE), sessionsOf(env, `ramure-${run}`)])
  return { pids: pids.get(run) ?? [], tmuxSessions }
}

/** 0 without a server; null when there is one that does not answer. */
async function sessionsOf(env: NodeJS.ProcessEnv, server: string): Promise<number | null> {
  if (!existsSync(join(env['TMUX_TMPDIR'] || tmpdir(), `tmux-${process.getuid?.() ?? 0}`, server))) return 0
  const asked = promisify(execFile)('tmux', ['-L', server, 'list-sessions', '-F', '#{session_name}'], { env, timeout: 5000 })
  return asked.then(
    ({ stdout }) => stdout.split('\n').filter((line) => line !== '').length,
    // A socket whose server is gone says so; one that does not answer in time is another matter.
    (error: { readonly killed?: boolean }) => (error.killed === true ? null : 0),
  )
}
