import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** The project's own binaries first, its Node among them. */
export const ENV = { ...process.env, PATH: `${join(ROOT, 'node_modules', '.bin')}${delimiter}${process.env.PATH ?? ''}` }

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP']

export function say(line) {
  process.stderr.write(`${line}\n`)
}

/** Runs a command on our own terminal, hands our signals on, and resolves with its exit code (128 + n for a signal). */
export function run(file, args, options = {}) {
  const child = spawn(file, args, { cwd: ROOT, env: ENV, stdio: 'inherit', ...options })
  const stop = forwardSignals(child)
  return new Promise((resolve) => {
    child.once('error', (error) => {
      say(`Could not start ${file}: ${error.message}`)
      resolve(127)
    })
    child.once('close', (code, signal) => resolve(code ?? 128 + (constants.signals[signal] ?? 0)))
  }).finally(stop)
}

/** Runs a command quietly; resolves with its exit code and what it printed on both streams, in order of arrival. */
export function capture(file, args, options = {}) {
  const child = spawn(file, args, { cwd: ROOT, env: ENV, stdio: ['ignore', 'pipe', 'pipe'], ...options })
  const stop = forwardSignals(child)
  const chunks = []
  child.stdout.on('data', (chunk) => chunks.push(chunk))
  child.stderr.on('data', (chunk) => chunks.push(chunk))
  return new Promise((resolve) => {
    const end = (code, extra = '') => resolve({ code, output: Buffer.concat(chunks).toString() + extra })
    child.once('error', (error) => end(127, `Could not start ${file}: ${error.message}\n`))
    child.once('close', (code, signal) => end(code ?? 128 + (constants.signals[signal] ?? 0)))
  }).finally(stop)
}

/** A terminal sends Ctrl-C to the whole group by itself: the listener only keeps us alive until the child has ended. */
function forwardSignals(child) {
  const listeners = FORWARDED.map((signal) => {
    const listener = () => {
      if (!(signal === 'SIGINT' && process.stdin.isTTY)) child.kill(signal)
    }
    process.on(signal, listener)
    return () => process.off(signal, listener)
  })
  return () => {
    for (const remove of listeners) remove()
  }
}
