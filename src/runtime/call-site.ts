/** Which line of a program made a call. */
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const FRAMES = 40
const OWN_FOLDER = dirname(fileURLToPath(import.meta.url))

/**
 * `file:line:column` of the nearest frame outside of Node and of this folder, or null when there is none or when the call
 * was made by Node's module loader.
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
    if (dirname(site) !== OWN_FOLDER) return site
  }
  return null
}
