import { stat } from 'node:fs/promises'
import { RamureError } from '../log/error.ts'

/** Throws ERR_WORKDIR when `path` is not an existing folder: whoever would start there would say something less clear. */
export async function mustBeFolder(path: string): Promise<void> {
  const found = await stat(path).catch((error: unknown) => error as Error)
  if (!(found instanceof Error) && found.isDirectory()) return
  const why = found instanceof Error ? 'does not exist or may not be read' : 'is not a folder'
  throw new RamureError('ERR_WORKDIR', `The working folder ${JSON.stringify(path)} ${why}.`, {
    ...(found instanceof Error ? { cause: found } : {}),
    hint: 'Create it first, or choose another `workdir`.',
  })
}
