/** A program's own files, as far as they are still what was recorded: a bundle holds the code of its run or none. */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { sha256Hex } from '../log/digest.ts'
import type { RunStarted } from '../log/events.ts'
import type { Redactor } from '../log/redact.ts'
import { isBundlePath } from './manifest.ts'

export interface LeftOut {
  readonly path: string
  readonly why: string
}

export interface ProgramFiles {
  readonly included: readonly { readonly path: string; readonly content: Uint8Array }[]
  readonly leftOut: readonly LeftOut[]
}

/** Files that the recorded identity of the code names. */
export async function programFiles({ code, cwd }: Pick<RunStarted, 'code' | 'cwd'>, redact: Redactor): Promise<ProgramFiles> {
  const included: { readonly path: string; readonly content: Uint8Array }[] = []
  const leftOut: LeftOut[] = []
  for (const [name, sha256] of Object.entries(code.files)) {
    const path = `program/${name.replaceAll('\\', '/')}`
    const content = await readFile(resolve(cwd, name)).catch(() => null)
    const why = reason(path, content, sha256, redact)
    if (why === null && content !== null) included.push({ path, content })
    else leftOut.push({ path: name, why: why ?? 'it is gone' })
  }
  return { included, leftOut }
}

function reason(path: string, content: Buffer | null, sha256: string, redact: Redactor): string | null {
  if (!isBundlePath(path)) return 'it lies outside of the folder the program ran in'
  if (content === null) return 'it is gone'
  if (sha256Hex(content) !== sha256) return 'it has changed since'
  const text = content.toString('utf8')
  return redact.suspects(JSON.stringify(text)) && redact(text) !== text ? 'it holds what looks like a secret' : null
}
