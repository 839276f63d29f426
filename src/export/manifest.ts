/** What a bundle says of itself: its first file, and what everything else in it is held against. */

import { RamureError } from '../log/error.ts'
import type { Json, JsonObject } from '../log/events.ts'
import { isFolderName } from '../log/run-folder.ts'
import type { Secrets } from './rescan.ts'
import { damaged, unsafe } from './tar.ts'

export const BUNDLE_VERSION = 1
export const MANIFEST = 'manifest.json'

export interface BundledFile {
  /** Below the folder of the run. */
  readonly path: string
  readonly bytes: number
  readonly sha256: string
}

export interface Manifest {
  readonly format: 'ramure-bundle'
  readonly v: number
  readonly run: string
  /** Version of ramure that made it. */
  readonly ramure: string
  readonly process: string | null
  /** Where the program was, for people. */
  readonly program: string | null
  readonly entries: number
  readonly secrets: Secrets
  readonly files: readonly BundledFile[]
}

/** Throws ERR_BUNDLE_DAMAGED, ERR_BUNDLE_NEWER, ERR_BUNDLE_UNSAFE for paths that lead anywhere but into the run's own folder. */
export function parseManifest(text: string): Manifest {
  const value = parse(text)
  if (value['format'] !== 'ramure-bundle' || typeof value['v'] !== 'number') throw damaged('its manifest is not that of a run')
  if (value['v'] > BUNDLE_VERSION) throw newer(value['v'])
  const { run, files, entries, secrets, ramure } = value
  if (typeof run !== 'string' || !isFolderName(run)) throw unsafe(`${JSON.stringify(run)} is no name of a run`)
  if (!Array.isArray(files) || !isCount(entries) || !isSecrets(secrets) || typeof ramure !== 'string') {
    throw damaged('its manifest lacks fields')
  }
  const listed = files.map((file: Json) => checkFile(file))
  if (new Set(listed.map(({ path }) => path)).size !== listed.length) throw damaged('its manifest names a file twice')
  if (!listed.some(({ path }) => path === 'events.jsonl')) throw damaged('it has no log')
  // Every field that is used was looked at.
  return { ...(value as unknown as Manifest), run, files: listed }
}

function isSecrets(value: Json | undefined): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { masked, found } = value as JsonObject
  return isCount(masked) && isCount(found)
}

function isCount(value: Json | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

/** True for the paths a bundle may hold: the log, blobs by their digest, and a program's files. */
export function isBundlePath(path: string): boolean {
  if (path === 'events.jsonl' || /^blobs\/[0-9a-f]{64}$/.test(path)) return true
  const segments = path.split('/')
  return segments.length > 1 && segments[0] === 'program' && segments.slice(1).every(isSegment) && Buffer.byteLength(path) <= PATH_BYTES_MAX
}

/** What a name in a tar has room for, beside the run's. */
const PATH_BYTES_MAX = 100

/** No way up, nothing hidden, nothing that another system reads as something else. */
function isSegment(segment: string): boolean {
  return /^[\p{L}\p{N}@_+=~ ().,[\]-]+$/u.test(segment) && !/^[. ]/.test(segment)
}

function checkFile(file: Json): BundledFile {
  const { path, bytes, sha256 } = (typeof file === 'object' && file !== null ? file : {}) as JsonObject
  if (typeof path !== 'string' || !isBundlePath(path)) throw unsafe(`${JSON.stringify(path)} is no path inside of a run`)
  if (!isCount(bytes) || typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256))
    throw damaged(`its manifest does not say what ${path} is`)
  if (path.startsWith('blobs/') && path !== `blobs/${sha256}`) throw damaged(`${path} is named after another content`)
  return { path, bytes, sha256 }
}

function parse(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject
  } catch (cause) {
    throw damaged('its manifest is no JSON', cause)
  }
  throw damaged('its manifest is no JSON object')
}

function newer(version: number): RamureError {
  return new RamureError(
    'ERR_BUNDLE_NEWER',
    `This bundle is of format ${version}; this version of ramure reads up to format ${BUNDLE_VERSION}.`,
    {
      hint: 'Update ramure to import it.',
    },
  )
}
