/** `--log-dir`, for commands that only look: a name that was mistyped must not look like a folder without runs. */
import { existsSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { RamureError } from '../log/error.ts'
import { type Options, textOption } from './cli.ts'
import { plain } from './text.ts'

/** Throws ERR_FILE_NOT_FOUND. */
export function mustBeThere(options: Options): void {
  const named = textOption(options, 'logDir')
  if (named === undefined) return
  const folder = resolve(named)
  const found = statSync(folder, { throwIfNoEntry: false })
  if (found?.isDirectory()) return
  const what = found === undefined ? 'does not exist' : 'is no folder'
  throw new RamureError('ERR_FILE_NOT_FOUND', `${plain(folder, 400)} ${what}, so there are no logs in it.`, { hint: hintFor(folder) })
}

function hintFor(folder: string): string {
  const above = join(folder, '..')
  const near = existsSync(above) ? `what is there  ls ${plain(above, 400)}         ` : ''
  return `${near}your own runs  leave out --log-dir`
}
