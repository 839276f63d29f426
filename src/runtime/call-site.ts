/** Which line of a program made a call. */
import { dirname, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const FRAMES = 40

/**
 * `file:line:column` of the nearest frame outside of Node and of this package's own code, or null when there is none or
 * when the call was made by Node's module loader.
 */
export function callSite(): string | null {
  const stack = stackNow()
  return isLoading(stack) ? null : siteIn(stack)
}

/** `callSite` for a call that a module may make while it is loaded: a root process at the top level of a program. */
export function topLevelSite(): string | null {
  return siteIn(stackNow())
}

/** Where an error was made, as `callSite` names it; null for what is no error and for errors of this package. */
export function errorSite(error: unknown): string | null {
  return error instanceof Error && !isLoading(error.stack) ? siteIn(error.stack) : null
}

function stackNow(): string | undefined {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = FRAMES
  const { stack } = new Error()
  Error.stackTraceLimit = limit
  return stack
}

function isLoading(stack: string | undefined): boolean {
  return stack?.split('\n').some((line) => line.startsWith('    at ') && line.includes('node:internal/modules/')) ?? false
}

function siteIn(stack: string | undefined): string | null {
  const lines = stack?.split('\n').filter((line) => line.startsWith('    at ')) ?? []
  // A line of the program says more than the one of a library that it called.
  let library: string | null = null
  for (const line of lines) {
    const place = /(?:\(|at (?:async )?)((?:file:\/\/)?\/[^()]*:\d+:\d+)\)?$/.exec(line)?.[1]
    if (place === undefined || place.includes('node:')) continue
    const site = place.startsWith('file://') ? decodeURI(place.slice('file://'.length)) : place
    const isOwn = OWN.some((folder) => site.startsWith(folder))
    // Whoever called for the run, or for its replay, is not the program.
    if (isOwn && TURN.test(line)) break
    if (isOwn) continue
    if (!site.includes('/node_modules/')) return site
    library ??= site
  }
  return library
}

const TURN = /\b(oneTurn|dispatch) \(/

/** Our code is in `src`, or built in `dist`; with source maps on, the built code says that it is in `src`. */
const OWN = ownFolders(dirname(fileURLToPath(import.meta.url)))

function ownFolders(here: string): readonly string[] {
  const home = here.endsWith(`${sep}src${sep}runtime`) ? dirname(dirname(here)) : dirname(here)
  return ['src', 'dist'].map((folder) => `${home}${sep}${folder}${sep}`)
}
