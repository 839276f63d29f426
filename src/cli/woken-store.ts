import type { LogStore } from '../log/store.ts'
import type { Cli } from './cli.ts'

/**
 * The store, whose followers of `run` are woken by the run itself as long as it lives and answers on its control socket, and by
 * changes of the file: whichever comes first. They read the log as ever.
 */
export async function wokenStore(cli: Cli, run: string): Promise<LogStore> {
  const { store, folders } = cli
  // A copy elsewhere does not grow when its run does.
  if (store.location !== folders.logs) return store
  const { recordedSocket } = await import('../wire/registry.ts')
  const socket = await recordedSocket(folders.runtimes, run)
  if (socket === null) return store
  const { wakes } = await import('../wire/wakes.ts')
  const bell = wakes(socket)
  return { ...store, follow: (wanted, options) => store.follow(wanted, wanted === run ? { ...options, bell } : options) }
}
