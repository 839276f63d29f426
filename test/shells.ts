/** Shells that completion is tried in. bash is on every machine that agents work on; the others may be missing. */
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

export const SHELLS = ['zsh', 'fish'] as const

export function hasShell(name: string, env: NodeJS.ProcessEnv = process.env): boolean {
  return (env['PATH'] ?? '').split(delimiter).some((folder) => folder !== '' && isExecutable(join(folder, name)))
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
