/** Whether the program's source is still the one that was recorded. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { RunStarted } from '../log/events.ts'

export interface CodeChange {
  /** False when the recording says nothing about its source. */
  readonly known: boolean
  readonly commit: string | null
  /** Files of the recorded program whose content differs now or that are gone, as paths relative to the recorded folder. */
  readonly changed: readonly string[]
}

export async function codeChange({ code, cwd }: Pick<RunStarted, 'code' | 'cwd'>): Promise<CodeChange> {
  const files = Object.entries(code.files)
  const verdicts = await Promise.all(files.map(async ([path, sha256]) => ((await sha256Of(resolve(cwd, path))) === sha256 ? [] : [path])))
  return { known: files.length > 0, commit: code.commit, changed: verdicts.flat() }
}

async function sha256Of(path: string): Promise<string | null> {
  const content = await readFile(path).catch(() => null)
  return content && createHash('sha256').update(content).digest('hex')
}
