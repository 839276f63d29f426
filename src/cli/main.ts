#!/usr/bin/env node
/** The binary: hands the process over to the program, and its exit code back. */
import type { RamureError } from '../log/error.ts'
import { VERSION } from '../log/version.ts'
import { failureOf, failureText } from './error-text.ts'
import { wantsColour } from './output.ts'
import { painter } from './paint.ts'
import { runProgram } from './program.ts'
import { withReader } from './reader.ts'

const interrupted = new AbortController()
// The first Ctrl-C ends what is being watched; whoever presses it again means it.
process.once('SIGINT', () => interrupted.abort())
const { stdout, gone, failure } = withReader(process.stdout)
// Talk that nobody reads is no reason to stop.
process.stderr.on('error', () => {})

// A stream tells of its last error only when everything else is done.
process.once('exit', () => {
  const failed = failure()
  if (failed !== null) process.exitCode = report(failed)
})

process.exitCode = await runProgram(process.argv.slice(2), {
  env: process.env,
  stdout,
  stderr: process.stderr,
  signal: interrupted.signal,
  readerGone: gone,
  now: Date.now,
  timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  version: VERSION,
})

function report(error: RamureError): number {
  const said = failureOf(error)
  process.stderr.write(`${failureText(said, painter(wantsColour(process.stderr.isTTY === true, process.env)))}\n`)
  return said.exit
}
