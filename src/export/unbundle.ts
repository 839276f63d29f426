/**
 * Takes a bundle in. It comes from anybody: nothing is believed before it was checked, nothing is written outside of a new
 * folder of our own, and the run appears among the others only when all of it is whole.
 */
import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, rename, rm, rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { RamureError } from '../log/error.ts'
import type { EntryOf } from '../log/events.ts'
import { jsonlStore } from '../log/jsonl.ts'
import { makeFolder } from '../log/run-folder.ts'
import { verifyRun } from '../log/verify.ts'
import { type BundledFile, MANIFEST, type Manifest, parseManifest } from './manifest.ts'
import { damaged, readTar, type TarEntry, unsafe } from './tar.ts'

export interface ImportOptions {
  /** The folder of runs that it becomes one of. */
  readonly logs: string
  /** What is unpacked has at most so many bytes; default 4 GiB. */
  readonly bytesMax?: number
  readonly signal?: AbortSignal
}

export interface Imported {
  readonly run: string
  readonly manifest: Manifest
  readonly header: EntryOf<'run_started'>
  /** Where the program's files are, or null when the bundle brought none. */
  readonly program: string | null
}

const BYTES_MAX = 4 * 1024 ** 3
const MANIFEST_BYTES_MAX = 64 * 1024 ** 2

/**
 * Takes in a file, or what comes through a stream. Throws ERR_BUNDLE_DAMAGED, ERR_BUNDLE_UNSAFE, ERR_BUNDLE_NEWER, ERR_RUN_EXISTS,
 * ERR_FILE_NOT_FOUND; then nothing is left behind.
 */
export async function importBundle(file: string | Readable, { logs, bytesMax = BYTES_MAX, signal }: ImportOptions): Promise<Imported> {
  makeFolder(logs)
  const staging = join(logs, `.import-${process.pid}-${randomBytes(6).toString('hex')}`)
  await mkdir(staging, { mode: 0o700 })
  try {
    const manifest = await unpack(file, staging, bytesMax, signal)
    const header = await checkRun(staging, manifest)
    await moveIn(staging, logs, manifest.run)
    const program = manifest.files.some(({ path }) => path.startsWith('program/')) ? join(logs, manifest.run, 'program') : null
    return { run: manifest.run, manifest, header, program }
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

async function unpack(file: string | Readable, staging: string, bytesMax: number, signal: AbortSignal | undefined): Promise<Manifest> {
  try {
    return await unpackEach(gunzipped(file), staging, bytesMax, signal)
  } catch (error) {
    if (error instanceof RamureError || signal?.aborted) throw error
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'EISDIR')
      throw new RamureError('ERR_FILE_NOT_FOUND', `There is no file ${file}.`, {
        hint: 'one is made by  ramure export <run> --bundle',
        cause: error,
      })
    if (code === 'Z_BUF_ERROR') throw damaged('it ends in the middle', error)
    if (typeof code === 'string' && code.startsWith('Z_')) throw damaged('it is not compressed as one', error)
    throw error
  }
}

async function* gunzipped(file: string | Readable): AsyncGenerator<Uint8Array, void> {
  const source = typeof file === 'string' ? createReadStream(file) : file
  const gunzip = createGunzip()
  source.on('error', (error: Error) => gunzip.destroy(error))
  try {
    for await (const chunk of source.pipe(gunzip)) yield chunk as Uint8Array
  } finally {
    source.destroy()
    gunzip.destroy()
  }
}

async function unpackEach(
  chunks: AsyncIterable<Uint8Array>,
  staging: string,
  bytesMax: number,
  signal: AbortSignal | undefined,
): Promise<Manifest> {
  let manifest: Manifest | null = null
  const awaited = new Map<string, BundledFile>()
  for await (const entry of readTar(chunks)) {
    signal?.throwIfAborted()
    if (manifest === null) {
      manifest = await readManifest(entry)
      const total = manifest.files.reduce((sum, { bytes }) => sum + bytes, 0)
      if (total > bytesMax) throw unsafe(`unpacked it has ${total} bytes, more than the ${bytesMax} that are allowed`)
      for (const file of manifest.files) awaited.set(`${manifest.run}/${file.path}`, file)
      continue
    }
    const file = awaited.get(entry.name)
    if (file === undefined) throw unsafe(`it holds ${JSON.stringify(entry.name)}, which its manifest does not name`)
    awaited.delete(entry.name)
    await writeChecked(entry, file, join(staging, manifest.run, file.path))
  }
  if (manifest === null) throw damaged('it is empty')
  const [missing] = awaited.keys()
  if (missing !== undefined) throw damaged(`${missing} is missing`)
  return manifest
}

async function readManifest(entry: TarEntry): Promise<Manifest> {
  if (!entry.name.endsWith(`/${MANIFEST}`)) throw damaged('it does not begin with a manifest')
  if (entry.bytes > MANIFEST_BYTES_MAX) throw unsafe('its manifest is too large')
  const parts: Uint8Array[] = []
  for await (const part of entry.body) parts.push(part)
  const manifest = parseManifest(Buffer.concat(parts).toString('utf8'))
  if (entry.name !== `${manifest.run}/${MANIFEST}`) throw damaged('its manifest is that of another run')
  return manifest
}

/** The size is compared first: no file becomes larger than the manifest said. */
async function writeChecked({ bytes, body }: TarEntry, file: BundledFile, path: string): Promise<void> {
  if (bytes !== file.bytes) throw damaged(`${file.path} has ${bytes} bytes, its manifest says ${file.bytes}`)
  makeFolder(dirname(path))
  const hash = createHash('sha256')
  const handle = await open(path, 'wx', 0o600)
  try {
    for await (const part of body) {
      hash.update(part)
      await handle.writeFile(part)
    }
  } finally {
    await handle.close()
  }
  if (hash.digest('hex') !== file.sha256) throw damaged(`${file.path} is not what its manifest says`)
}

/** A manifest can be right about a log that is none. */
async function checkRun(staging: string, { run, entries }: Manifest): Promise<EntryOf<'run_started'>> {
  const report = await verifyRun(staging, run)
  if (report.verdict !== 'whole' || report.tornBytes > 0) throw damaged('its log does not hold what was once written')
  if (report.lines !== entries) throw damaged(`its log has ${report.lines} entries, its manifest says ${entries}`)
  for await (const entry of jsonlStore(staging).read(run, { to: 1 })) {
    if (!('unreadable' in entry) && entry.type === 'run_started') return entry
  }
  throw damaged('its log does not begin as that of a run')
}

/** A folder that is made here first is surely nobody else's: renaming over it is one step, and never over a run. */
async function moveIn(staging: string, logs: string, run: string): Promise<void> {
  const target = join(logs, run)
  try {
    await mkdir(target, { mode: 0o700 })
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'EEXIST' ? exists(run, logs) : error
  }
  try {
    await rename(join(staging, run), target)
  } catch (error) {
    await rmdir(target).catch(() => null)
    throw error
  }
}

function exists(run: string, logs: string): RamureError {
  return new RamureError('ERR_RUN_EXISTS', `There is a run ${run} in ${logs} already; nothing is imported over it.`, {
    hint: `that one  ramure status ${run}         beside it  --log-dir <another folder>`,
  })
}
