import { access, constants, open, realpath } from 'node:fs/promises'
import { delimiter, dirname, join, resolve } from 'node:path'
import { execa } from 'execa'
import { RamureError } from '../log/error.ts'

const HINT = 'Install it with `npm install -g @earendil-works/pi-coding-agent`, or set RAMURE_PI to its cli.js.'

/**
 * Path of pi: RAMURE_PI, else `pi` on PATH, else the one in a checkout's tools/pi; null when there is none.
 * Throws ERR_PI_NOT_FOUND when RAMURE_PI names no file.
 */
export async function findPi(env: Readonly<Record<string, string | undefined>>): Promise<string | null> {
  if (env.RAMURE_PI) return named(env.RAMURE_PI)
  const onPath = candidates(env, 'pi')
  const inCheckout = above(import.meta.dirname).map((folder) => join(folder, 'tools/pi/node_modules/.bin/pi'))
  return firstFile([...onPath, ...inCheckout], constants.X_OK)
}

/** Path of tmux, or null when it is not on PATH. */
export function findTmux(env: Readonly<Record<string, string | undefined>>): Promise<string | null> {
  return firstFile(candidates(env, 'tmux'), constants.X_OK)
}

/** Path of the extension that pi loads: built beside this code, or the source in a checkout. Null when it is missing. */
export function findExtension(): Promise<string | null> {
  const built = join(import.meta.dirname, 'extension/ramure.js')
  return firstFile([built, ...above(import.meta.dirname).map((folder) => join(folder, 'extension/ramure.ts'))], constants.R_OK)
}

function candidates(env: Readonly<Record<string, string | undefined>>, name: string): string[] {
  return (env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
}

async function named(path: string): Promise<string> {
  const found = await firstFile([resolve(path)], constants.R_OK)
  if (found) return found
  throw new RamureError('ERR_PI_NOT_FOUND', `RAMURE_PI names ${JSON.stringify(path)}, which cannot be read.`, { hint: HINT })
}

/** This code's folder and those above it, as far as a checkout or a package reaches. */
function above(folder: string): string[] {
  return [folder, dirname(folder), dirname(dirname(folder))]
}

/** Links are followed: what stands on PATH is one, and pi finds its own files beside the real one. */
async function firstFile(paths: readonly string[], mode: number): Promise<string | null> {
  for (const path of paths) {
    const real = await access(path, mode).then(
      () => realpath(path),
      () => null,
    )
    if (real) return real
  }
  return null
}

/** Oldest versions that are known to work. */
const [NODE_MIN, PI_MIN] = ['22.19.0', '0.87.0']

/** Throws ERR_NODE_TOO_OLD when a node of this version cannot run pi. */
export function checkNode(version: string = process.versions.node): void {
  if (isAtLeast(version, NODE_MIN)) return
  throw new RamureError('ERR_NODE_TOO_OLD', `pi and its extension need node ${NODE_MIN} or newer; this is ${version}.`, {
    hint: 'Install a newer node, or name one with the option `node`.',
  })
}

export interface PiCommand {
  /** What is executed, without options: a node and pi's cli.js, or a program of its own. */
  readonly argv: readonly [string, ...string[]]
  readonly version: string
}

/** Asks pi for its version (half a second). Throws ERR_PI_NOT_FOUND when it does not answer, ERR_PI_TOO_OLD. */
export async function askPi(path: string, node: string, env: Readonly<Record<string, string>>): Promise<PiCommand> {
  const argv: PiCommand['argv'] = (await isScript(path)) ? [node, path] : [path]
  const [file, ...args] = argv
  const result = await execa(file, [...args, '--version'], {
    env: { ...env, PI_OFFLINE: '1' },
    extendEnv: false,
    reject: false,
    timeout: 20_000,
    stdin: 'ignore',
  })
  const version = /(?<![\d.])\d+\.\d+\.\d+/.exec(`${result.stdout}\n${result.stderr}`)?.[0]
  if (result.failed || version === undefined) {
    throw new RamureError(
      'ERR_PI_NOT_FOUND',
      `${path} --version did not work: ${(result.stderr || result.originalMessage) ?? 'no version in its answer'}`,
      {
        cause: result.cause,
        hint: HINT,
      },
    )
  }
  if (!isAtLeast(version, PI_MIN)) {
    throw new RamureError('ERR_PI_TOO_OLD', `${path} is pi ${version}; ramure needs ${PI_MIN} or newer.`, { hint: HINT })
  }
  return { argv, version }
}

/** The first line `#!/usr/bin/env node` would take whichever node PATH has. */
async function isScript(path: string): Promise<boolean> {
  if (/\.[cm]?js$/.test(path)) return true
  await using file = await open(path)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(64), 0, 64, 0)
  return /^#!.*\bnode\b/.test(buffer.subarray(0, bytesRead).toString('latin1').split('\n', 1)[0] ?? '')
}

function isAtLeast(version: string, least: string): boolean {
  const [a, b] = [version, least].map((text) => text.split('.').map(Number))
  const at = [0, 1, 2].find((index) => a?.[index] !== b?.[index])
  return at === undefined || (a?.[at] ?? 0) > (b?.[at] ?? 0)
}
