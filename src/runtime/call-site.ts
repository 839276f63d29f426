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
  const lines = new Error().stack?.split('\n').slice(1) ?? []
  Error.stackTraceLimit = limit
  if (lines.some((line) => line.includes('node:internal/modules/'))) return null
  for (const line of lines) {
    const place = /(?:\(|at (?:async )?)((?:file:\/\/)?\/[^()]*:\d+:\d+)\)?$/.exec(line)?.[1]
    if (place === undefined || place.includes('node:')) continue
    const site = place.startsWith('file://') ? decodeURI(place.slice('file://'.length)) : place
    if (!OWN.some((folder) => site.startsWith(folder))) return site
  }
  return null
}

/** Our code is in `src`, or built in `dist`; with source maps on, the built code says that it is in `src`. */
const OWN = ownFolders(dirname(fileURLToPath(import.meta.url)))

function ownFolders(here: string): readonly string[] {
  const home = here.endsWith(`${sep}src${sep}runtime`) ? dirname(dirname(here)) : dirname(here)
  return ['src', 'dist'].map((folder) => `${home}${sep}${folder}${sep}`)
}
