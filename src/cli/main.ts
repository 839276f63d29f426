#!/usr/bin/env node
/** The binary: hands the process over to the program, and its exit code back. */
import { VERSION } from '../log/version.ts'
import { runProgram } from './program.ts'

const interrupted = new AbortController()
// The first Ctrl-C ends what is being watched; whoever presses it again means it.
process.once('SIGINT', () => interrupted.abort())
process.stdout.on('error', endQuietly)
process.stderr.on('error', endQuietly)

process.exitCode = await runProgram(process.argv.slice(2), {
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: interrupted.signal,
  now: Date.now,
  timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  version: VERSION,
})

/** Whoever read us has seen enough, as `head` has. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
}
