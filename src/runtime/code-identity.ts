/** Which source a run was made with: the commit, and the digests of the program's own files. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { dirname, relative, resolve } from 'node:path'
import type { CodeIdentity } from '../log/events.ts'

/** Files beyond this many are left out: a program that large is named by its commit. */
const FILES_MAX = 200
const GIT_TIMEOUT_MS = 1_000
const IMPORTS = /(?:\bfrom|\bimport)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g

/** @param program path of the file that was started, or null when unknown. */
export async function codeIdentity(program: string | null, cwd: string): Promise<CodeIdentity> {
  const folder = program === null ? cwd : dirname(program)
  const [commit, status, files] = await Promise.all([
    git(folder, ['rev-parse', 'HEAD']),
    git(folder, ['status', '--porcelain', '--untracked-files=no']),
    program === null ? {} : ownFiles(program, cwd),
  ])
  return { commit, dirty: status === null ? null : status !== '', files }
}

async function git(cwd: string, args: readonly string[]): Promise<string | null> {
  const { execa } = await import('execa')
  const { stdout, failed } = await execa('git', args, { cwd, reject: false, timeout: GIT_TIMEOUT_MS, env: { GIT_OPTIONAL_LOCKS: '0' } })
  return failed ? null : stdout.trim()
}

/** The program and every file it imports by a relative path, directly or through another. */
async function ownFiles(program: string, cwd: string): Promise<Record<string, string>> {
  const digests: Record<string, string> = {}
  const waiting = [program]
  const seen = new Set(waiting)
  for (let file = waiting.shift(); file !== undefined && seen.size <= FILES_MAX; file = waiting.shift()) {
    const source = await readFile(file, 'utf8').catch(() => null)
    if (source === null) continue
    digests[relative(cwd, file) || file] = createHash('sha256').update(source).digest('hex')
    for (const [, specifier = ''] of source.matchAll(IMPORTS)) {
      const imported = resolve(dirname(file), specifier)
      if (!seen.has(imported)) waiting.push(imported)
      seen.add(imported)
    }
  }
  return digests
}
