/** Files that a command makes: whole or not at all, for the user's eyes only, and never over something else by accident. */
import { open, rename, rm, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { RamureError } from '../log/error.ts'

/** Throws ERR_FILE_EXISTS unless `force`, ERR_FILE_NOT_FOUND when its folder is not there. Returns the absolute path. */
export async function checkTarget(path: string, force: boolean): Promise<string> {
  const file = resolve(path)
  const found = await stat(file).catch(() => null)
  if (found?.isDirectory()) {
    throw new RamureError('ERR_FILE_EXISTS', `${file} is a folder.`, { hint: 'Name a file with -o.' })
  }
  if (found !== null && !force) {
    throw new RamureError('ERR_FILE_EXISTS', `${file} exists already.`, { hint: 'replace it  --force         another one  -o <file>' })
  }
  const folder = await stat(dirname(file)).catch(() => null)
  if (!folder?.isDirectory())
    throw new RamureError('ERR_FILE_NOT_FOUND', `There is no folder ${dirname(file)}.`, {
      hint: 'Make it first, or name another one with -o.',
    })
  return file
}

/** Writes pieces beside `file` and moves them there when the last one is written; returns what the pieces returned, and how many bytes. */
export async function writeOut<T>(
  file: string,
  pieces: AsyncGenerator<string | Uint8Array, T>,
): Promise<{ readonly value: T; readonly bytes: number }> {
  const draft = `${file}.${process.pid}.tmp`
  const handle = await open(draft, 'wx', 0o600)
  try {
    let bytes = 0
    let next = await pieces.next()
    for (; next.done !== true; next = await pieces.next()) {
      const piece = typeof next.value === 'string' ? Buffer.from(next.value) : next.value
      await handle.writeFile(piece)
      bytes += piece.byteLength
    }
    await handle.close()
    await rename(draft, file)
    return { value: next.value, bytes }
  } catch (error) {
    await handle.close().catch(() => null)
    await rm(draft, { force: true })
    throw error
  }
}
