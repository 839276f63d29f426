/** Folders for secrets and sockets. */
import { chmod, lstat, mkdir, stat } from 'node:fs/promises'
import { RamureError } from '../log/error.ts'

/**
 * Makes sure that `path` is a folder of this user that nobody else can enter (0700), creating it when it is missing.
 * Throws ERR_UNSAFE_FOLDER when it is something else; with `followLink: false` (default true) also when it is a link.
 */
export async function privateFolder(path: string, options: { followLink?: boolean } = {}): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 }).catch(unlessExists)
  const found = await (options.followLink === false ? lstat(path) : stat(path))
  const isOurs = process.getuid === undefined || found.uid === process.getuid()
  if (!found.isDirectory() || !isOurs) {
    throw new RamureError(
      'ERR_UNSAFE_FOLDER',
      `'${path}' must be a folder of this user, and is ${found.isDirectory() ? "another user's" : 'no folder'}.`,
      {
        hint: 'Move it away, or set RAMURE_HOME to a folder of your own.',
      },
    )
  }
  if ((found.mode & 0o077) !== 0) await chmod(path, 0o700)
}

/** `mkdir -p` over a dangling link or a file says EEXIST; the look afterwards finds out what is there. */
function unlessExists(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}
