import { RamureError } from './error.ts'

/** Where ramure keeps things: `logs` holds a folder per run, `runtimes` the sockets of live ones. */
export interface HomeFolders {
  readonly root: string
  readonly logs: string
  readonly runtimes: string
}

/** RAMURE_HOME replaces ~/.ramure, `logDir` replaces the logs folder. Throws ERR_NO_HOME when neither variable is set. */
export function homeFolders(
  env: { readonly RAMURE_HOME?: string | undefined; readonly HOME?: string | undefined },
  logDir?: string,
): HomeFolders {
  const root = rootOf(env)
  return { root, logs: trim(logDir || `${root}/logs`), runtimes: `${root}/runtimes` }
}

function rootOf(env: { readonly RAMURE_HOME?: string | undefined; readonly HOME?: string | undefined }): string {
  if (env.RAMURE_HOME) return trim(env.RAMURE_HOME)
  if (env.HOME) return `${trim(env.HOME) === '/' ? '' : trim(env.HOME)}/.ramure`
  throw new RamureError('ERR_NO_HOME', 'Neither RAMURE_HOME nor HOME is set, so there is no folder to keep runs in.', {
    hint: 'Set RAMURE_HOME to a folder that only you can read.',
  })
}

function trim(folder: string): string {
  return folder.length > 1 ? folder.replace(/(?<=.)\/+$/, '') : folder
}
