/** Where a recorded program is now: a recording outlives the folder it was made in. */
import { existsSync } from 'node:fs'
import { dirname, isAbsolute, join, relative } from 'node:path'
import type { RunStarted } from '../log/events.ts'

export interface Place {
  /** Folder that stands for the recorded one. */
  readonly cwd: string
  /** The recorded program, or null when it was not recorded or is nowhere to be found. */
  readonly program: string | null
}

/**
 * The recorded place while the program is there. Else the project has moved, as one does that is checked out somewhere
 * else: the nearest folder above the recording that holds the program where the recorded folder held it.
 * @param folder of the recording.
 */
export function placeOf({ cwd, program }: Pick<RunStarted, 'cwd' | 'program'>, folder: string): Place {
  if (program === null || existsSync(program)) return { cwd, program }
  const inside = relative(cwd, program)
  if (inside.startsWith('..') || isAbsolute(inside)) return { cwd, program: null }
  for (const above of foldersAbove(folder)) {
    const moved = join(above, inside)
    if (existsSync(moved)) return { cwd: above, program: moved }
  }
  return { cwd, program: null }
}

function foldersAbove(folder: string): string[] {
  const above = dirname(folder)
  return above === folder ? [] : [above, ...foldersAbove(above)]
}
