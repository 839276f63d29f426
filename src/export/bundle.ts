/**
 * A run as one file that another ramure imports and replays: a gzipped tar with a manifest of checksums first. It is masked
 * once more on the way out, and the same run gives the same bytes.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import { externalise, needsBlobs } from '../log/blob.ts'
import { EMPTY, extend } from '../log/checksum.ts'
import { encodeEntry } from '../log/codec.ts'
import { sha256Hex } from '../log/digest.ts'
import { RamureError } from '../log/error.ts'
import type { Entry, Json, Prefix, RunStarted } from '../log/events.ts'
import type { Redactor } from '../log/redact.ts'
import type { LogStore } from '../log/store.ts'
import { logEmpty } from '../log/store-errors.ts'
import { VERSION } from '../log/version.ts'
import { BUNDLE_VERSION, type BundledFile, MANIFEST, type Manifest } from './manifest.ts'
import { type LeftOut, programFiles } from './program-files.ts'
import { type Rescan, rescan, type Secrets } from './rescan.ts'
import { TAR_END, tarHeader, tarPadding } from './tar.ts'

export interface BundleOptions {
  readonly store: LogStore
  readonly run: string
  readonly redact: Redactor
  /** Also the program's own files, as far as they are still those that were recorded; default false. */
  readonly withProgram?: boolean
  readonly signal?: AbortSignal
}

export interface Bundled {
  readonly entriesCount: number
  readonly secrets: Secrets
  readonly unreadableCount: 0
  /** Files of the program that are inside, and those that are not. */
  readonly programFiles: readonly string[]
  readonly leftOut: readonly LeftOut[]
}

/** Yields the bundle piece by piece. Throws ERR_LOG_CORRUPT for a log with a line that cannot be read, ERR_LOG_EMPTY. */
export async function* exportBundle(options: BundleOptions): AsyncGenerator<Uint8Array, Bundled> {
  const folder = await mkdtemp(join(tmpdir(), 'ramure-bundle-'))
  try {
    const staged = await stage(folder, options)
    for await (const chunk of Readable.from(tarOf(folder, staged)).pipe(createGzip({ level: 6 }))) {
      options.signal?.throwIfAborted()
      yield chunk as Uint8Array
    }
    const { entries, secrets } = staged.manifest
    return { entriesCount: entries, secrets, unreadableCount: 0, programFiles: staged.program, leftOut: staged.leftOut }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

interface Staged {
  readonly manifest: Manifest
  readonly program: readonly string[]
  readonly leftOut: readonly LeftOut[]
  /** Time of the last entry: what every file in the archive is dated with. */
  readonly timeMs: number
}

async function stage(folder: string, options: BundleOptions): Promise<Staged> {
  const look = rescan(options.redact)
  const log = await stageLog(folder, options, look)
  const { included, leftOut } = options.withProgram ? await programFiles(log.header, options.redact) : { included: [], leftOut: [] }
  for (const { path, content } of included) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), content)
  }
  const files = [...log.files, ...included.map(({ path, content }) => ({ path, bytes: content.length, sha256: sha256Hex(content) }))]
  const { process, program } = log.header
  const about = { run: options.run, ramure: VERSION, process, program, entries: log.entriesCount, secrets: look.secrets }
  const manifest: Manifest = { format: 'ramure-bundle', v: BUNDLE_VERSION, ...about, files }
  return { manifest, program: included.map(({ path }) => path), leftOut, timeMs: log.timeMs }
}

const LINES_AT_ONCE = 256

interface StagedLog {
  readonly header: RunStarted
  readonly files: readonly BundledFile[]
  readonly entriesCount: number
  readonly timeMs: number
}

async function stageLog(folder: string, { store, run, signal }: BundleOptions, look: Rescan): Promise<StagedLog> {
  const blobs = new Map<string, Uint8Array>()
  const written = new Map<string, BundledFile>()
  const out = await open(join(folder, 'events.jsonl'), 'wx', 0o600)
  let lines: Uint8Array[] = []
  const file = hashing()
  let header: RunStarted | null = null
  let [entriesCount, timeMs, isChanged] = [0, 0, false]
  await mkdir(join(folder, 'blobs'))
  try {
    for await (const item of store.read(run, { onChanged: () => void (isChanged = true) })) {
      signal?.throwIfAborted()
      if ('unreadable' in item) throw corrupt(run, `line ${item.unreadable.line} cannot be read: ${item.unreadable.reason}`)
      // What follows would give the end a checksum that is right.
      if (isChanged) throw corrupt(run, 'it does not have the checksum that its end gives, so it was changed since it was written')
      if (header === null) header = headerOf(run, item)
      const line = Buffer.from(`${lineOf(item, look, file.prefix(), (sha256, bytes) => blobs.set(sha256, bytes))}\n`)
      for (const [sha256, bytes] of blobs) {
        if (!written.has(sha256)) await writeFile(join(folder, 'blobs', sha256), bytes)
        written.set(sha256, { path: `blobs/${sha256}`, bytes: bytes.length, sha256 })
      }
      blobs.clear()
      file.take(line)
      timeMs = Date.parse(item.time) || timeMs
      lines.push(line)
      entriesCount += 1
      if (entriesCount % LINES_AT_ONCE !== 0) continue
      await out.writeFile(Buffer.concat(lines))
      lines = []
    }
    await out.writeFile(Buffer.concat(lines))
  } finally {
    await out.close()
  }
  if (header === null) throw logEmpty(run)
  return { header, files: [{ path: 'events.jsonl', ...file.sum() }, ...written.values()], entriesCount, timeMs }
}

/** The line as the writer wrote it; with texts of more than a line in `put`. What was masked just now changes the checksum at the end. */
function lineOf(item: Entry, look: Rescan, before: Prefix, put: (sha256: string, bytes: Uint8Array) => void): string {
  const { entry, dataText } = look.look(item)
  if (entry.type === 'run_ended' && entry.data.checksum !== undefined && look.secrets.found > 0) {
    return encodeEntry(entry, JSON.stringify({ ...entry.data, checksum: before }))
  }
  return encodeEntry(entry, needsBlobs(dataText) ? JSON.stringify(externalise(entry.data as Json, put)) : dataText)
}

function headerOf(run: string, entry: Entry): RunStarted {
  if (entry.type === 'run_started') return entry.data
  throw new RamureError('ERR_LOG_HEADER', `The log of ${run} begins with ${entry.type}, not with run_started.`)
}

function hashing() {
  const hash = createHash('sha256')
  let prefix = EMPTY
  return {
    take(bytes: Uint8Array): void {
      hash.update(bytes)
      prefix = extend(prefix, bytes)
    },
    prefix: () => prefix,
    sum: () => ({ bytes: prefix.bytes, sha256: hash.digest('hex') }),
  }
}

async function* tarOf(folder: string, { manifest, timeMs }: Staged): AsyncGenerator<Uint8Array, void> {
  const about = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`)
  yield tarHeader({ name: `${manifest.run}/${MANIFEST}`, bytes: about.length }, timeMs)
  yield about
  yield tarPadding(about.length)
  for (const { path, bytes } of manifest.files) {
    yield tarHeader({ name: `${manifest.run}/${path}`, bytes }, timeMs)
    for await (const chunk of createReadStream(join(folder, path))) yield chunk as Uint8Array
    yield tarPadding(bytes)
  }
  yield TAR_END
}

function corrupt(run: string, why: string): RamureError {
  return new RamureError('ERR_LOG_CORRUPT', `The log of ${run} is damaged: ${why}. Such a run cannot be bundled.`, {
    hint: `what is damaged  ramure verify ${run}         what is readable  ramure export ${run} --html`,
  })
}
