/** Which line of a program made a call. */
import { dirname, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const FRAMES = 40

/**
 * `file:line:column` of the nearest frame outside of Node and of this package's own code, or null when there is none or
 * when the call was made by Node's module loader.
 */
export function callSite(): string | null {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = FRAMES
  const { stack } = new Error()
  Error.stackTraceLimit = limit
  return siteIn(stack)
}

/** Where an error was made, as `callSite` names it; null for what is no error and for errors of this package. */
export function errorSite(error: unknown): string | null {
  return error instanceof Error ? siteIn(error.stack) : null
}

function siteIn(stack: string | undefined): string | null {
  const lines = stack?.split('\n').filter((line) => line.startsWith('    at ')) ?? []
  if (lines.some((line) => line.includes('node:internal/modules/'))) return null
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
