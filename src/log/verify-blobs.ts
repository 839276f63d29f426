/** Whether the texts that were kept beside a log are there, and are those that entries refer to. */
import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { isReference, mentionsBlob } from './blob.ts'
import type { Json } from './events.ts'
import { isList } from './json.ts'
import { namesIn } from './run-folder.ts'
import type { BlobFindings } from './verify-report.ts'

export interface BlobChecker {
  /** What is wrong with blobs that the data of a line refers to, or null. `text` is the line. */
  check(text: string, data: Json): string | null
  findings(): BlobFindings
}

/** A checker over a run's folder of blobs. Remembers which it has looked at; a very long list is looked at again instead. */
export function blobChecker(folder: string): BlobChecker {
  const seen = new Map<string, string | null>()
  let forgot = false
  const faultOf = (sha256: string, bytes: number | null): string | null => {
    const known = seen.get(sha256)
    if (known !== undefined) return known
    const fault = blobFault(folder, sha256, bytes)
    if (seen.size < REMEMBERED_MAX) seen.set(sha256, fault)
    else forgot = true
    return fault
  }
  return {
    check(text, data) {
      if (!mentionsBlob(text)) return null
      const faults = referencesIn(data).map(({ sha256, bytes }) => faultOf(sha256, bytes))
      return faults.find((fault) => fault !== null) ?? null
    },
    findings: () => ({
      referenced: seen.size,
      whole: [...seen.values()].filter((fault) => fault === null).length,
      unreferenced: forgot ? null : namesIn(folder).filter((name) => !seen.has(name)).length,
    }),
  }
}

const REMEMBERED_MAX = 100_000
const BLOCK_BYTES = 256 * 1024

interface Reference {
  readonly sha256: string
  readonly bytes: number | null
}

function referencesIn(data: Json, found: Reference[] = []): readonly Reference[] {
  if (typeof data !== 'object' || data === null) return found
  if (isList(data)) for (const item of data) referencesIn(item, found)
  else if (isReference(data))
    found.push({
      sha256: String(data['$blob']).slice('sha256:'.length),
      bytes: typeof data['bytes'] === 'number' ? data['bytes'] : null,
    })
  else for (const item of Object.values(data)) referencesIn(item, found)
  return found
}

function blobFault(folder: string, sha256: string, bytes: number | null): string | null {
  const name = `the blob ${sha256.slice(0, 12)}…`
  const found = digestOf(join(folder, sha256))
  if (found === null) return `${name} is missing`
  if (found.sha256 !== sha256) return `${name} holds other bytes than those it is named by`
  return bytes === null || bytes === found.bytes ? null : `${name} has ${found.bytes} bytes, the entry says ${bytes}`
}

/** In blocks, because a blob may be larger than memory. */
function digestOf(path: string): { readonly sha256: string; readonly bytes: number } | null {
  const fd = tryOpen(path)
  if (fd === null) return null
  try {
    const hash = createHash('sha256')
    const block = Buffer.allocUnsafe(BLOCK_BYTES)
    let bytes = 0
    for (let read = readSync(fd, block); read > 0; read = readSync(fd, block)) {
      hash.update(block.subarray(0, read))
      bytes += read
    }
    return { sha256: hash.digest('hex'), bytes }
  } finally {
    closeSync(fd)
  }
}

function tryOpen(path: string): number | null {
  try {
    return openSync(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
