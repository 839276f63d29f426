import { RamureError } from './error.ts'

/** Where ramure keeps things: `logs` holds a folder per run, `runtimes` the sockets of live ones. */
export interface HomeFolders {
  readonly root: string
  readonly logs: string
  readonly runtimes: string
}

/**
 * RAMURE_HOME replaces ~/.ramure, `logDir` replaces the logs folder. What is relative is so to `cwd` and becomes absolute, because
 * agents work elsewhere and are told these paths; without `cwd` it stays as it is. Throws ERR_NO_HOME when neither variable is set.
 */
export function homeFolders(
  env: { readonly RAMURE_HOME?: string | undefined; readonly HOME?: string | undefined },
  logDir?: string,
  cwd?: string,
): HomeFolders {
  const root = absolute(rootOf(env), cwd)
  const inRoot = root === '/' ? '' : root
  return { root, logs: logDir ? absolute(trim(logDir), cwd) : `${inRoot}/logs`, runtimes: `${inRoot}/runtimes` }
}

function rootOf(env: { readonly RAMURE_HOME?: string | undefined; readonly HOME?: string | undefined }): string {
  if (env.RAMURE_HOME) return trim(env.RAMURE_HOME)
  if (env.HOME) return `${trim(env.HOME) === '/' ? '' : trim(env.HOME)}/.ramure`
  throw new RamureError('ERR_NO_HOME', 'Neither RAMURE_HOME nor HOME is set, so there is no folder to keep runs in.', {
    hint: 'Set RAMURE_HOME to a folder that only you can read.',
  })
}

/** Pure, so without `node:path`: `..` is left to the system, which follows links on the way. */
function absolute(folder: string, cwd: string | undefined): string {
  if (folder.startsWith('/') || cwd === undefined) return folder
  const inside = folder.replace(/^(?:\.\/+)+|^\.$/, '')
  return inside === '' ? cwd : `${cwd === '/' ? '' : cwd}/${inside}`
}

function trim(folder: string): string {
  return folder.length > 1 ? folder.replace(/(?<=.)\/+$/, '') : folder
}
