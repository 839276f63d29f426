import { existsSync, mkdirSync, readdirSync, rmdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { RamureError } from './error.ts'

/** The files of one run. */
export interface RunFolder {
  readonly run: string
  readonly path: string
  readonly events: string
  readonly blobs: string
}

/** Where a run is inside of a logs folder. Throws ERR_BAD_NAME for text that could lead out of it. */
export function runFolder(logs: string, run: string): RunFolder {
  if (!isFolderName(run)) {
    throw new RamureError(
      'ERR_BAD_NAME',
      `The run id ${JSON.stringify(run)} is not allowed: letters, digits, ".", "_" and "-" after a letter or digit.`,
      {
        hint: 'Run ids look like "brisk-otter-4q7m2xk9".',
      },
    )
  }
  const path = join(logs, run)
  return { run, path, events: join(path, 'events.jsonl'), blobs: join(path, 'blobs') }
}

/** True for names that a run's folder may have. */
export function isFolderName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(name)
}

/** Makes a folder and those above it, for the user only; returns the first that was not there, or null. Throws ERR_STORE_UNREACHABLE. */
export function makeFolder(path: string): string | null {
  try {
    return mkdirSync(path, { recursive: true, mode: 0o700 }) ?? null
  } catch (cause) {
    throw unreachable("The run's folder could not be made", whyNotMade(path) ?? cause)
  }
}

/** ERR_STORE_UNREACHABLE, with what the system said. */
export function unreachable(what: string, cause: unknown): RamureError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new RamureError('ERR_STORE_UNREACHABLE', `${what}: ${reason}.`, {
    cause,
    hint: 'Set RAMURE_HOME to a folder that you can write; `ramure doctor` says what is wrong with this one.',
  })
}

/** Of folders in a row the system says ENOENT for whatever is wrong with the first that is missing. */
function whyNotMade(path: string): unknown {
  const parent = dirname(path)
  if (parent !== path && !existsSync(parent)) return whyNotMade(parent)
  try {
    mkdirSync(path, { mode: 0o700 })
    rmdirSync(path)
    return null
  } catch (error) {
    return error
  }
}

/** Size in bytes and time of the last change in ms since 1970, or null when there is no such file. */
export function fileFacts(path: string): { readonly bytes: number; readonly modifiedMs: number } | null {
  const facts = statSync(path, { throwIfNoEntry: false })
  return facts?.isFile() === true ? { bytes: facts.size, modifiedMs: facts.mtimeMs } : null
}

/** Names of what is in a folder; none when there is no such folder. */
export function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
