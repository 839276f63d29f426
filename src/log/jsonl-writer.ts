/**
 * Appends lines to events.jsonl. Lines are gathered in one buffer as UTF-8 and written by `writeSync`, in the thread of
 * the caller: measured, one write of a batch costs less than handing it to another thread. The first error ends the writer.
 */
import { closeSync, existsSync, fstatSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { logDead } from './dead.ts'
import type { RamureError } from './error.ts'
import type { Entry, Prefix } from './events.ts'
import { lineBuffer } from './line-buffer.ts'
import type { Lock } from './lock.ts'
import type { RunFolder } from './run-folder.ts'
import type { LogWriter, Position } from './store.ts'
import { checkSeq, writerClosed } from './store-errors.ts'

/** `fs.writeSync`, or what a test puts in its place. */
export type WriteBytes = (fd: number, bytes: Uint8Array, offset: number, length: number) => number

/** `fs.fdatasync`, or what a test puts in its place. */
export type SyncBytes = (fd: number, done: (error: Error | null) => void) => void

export interface JsonlWriterOptions {
  readonly folder: RunFolder
  /** An open file to append to; the writer closes it. */
  readonly fd: number
  /** The same file, opened a second time, for `syncNow`; the writer closes it. Null where nothing is synced. */
  readonly fdNow: number | null
  readonly lock: Lock
  readonly lastSeq: number
  /** What the file holds already. */
  readonly prefix: Prefix
  readonly openedAfter: string | null
  readonly repaired: LogWriter['repaired']
  readonly durability: 'process' | 'disk'
  readonly write: WriteBytes
  readonly sync: SyncBytes
  readonly syncNow: (fd: number) => void
  readonly syncFolder: (folder: string) => void
}

/** The buffer is written early once it holds this much. */
const FLUSH_BYTES = 1024 * 1024

export function jsonlWriter(options: JsonlWriterOptions): LogWriter {
  return new JsonlWriter(options)
}

class JsonlWriter implements LogWriter {
  readonly run: string
  readonly openedAfter: string | null
  readonly repaired: LogWriter['repaired']
  lastSeq: number

  readonly #options: JsonlWriterOptions
  readonly #lines = lineBuffer()
  #writtenSeq: number
  #writtenBytes: number
  #crc32: number
  #dead: RamureError | null = null
  #closed = false
  #unsynced = false
  #syncing: Promise<void> | null = null

  constructor(options: JsonlWriterOptions) {
    this.#options = options
    this.run = options.folder.run
    this.openedAfter = options.openedAfter
    this.repaired = options.repaired
    this.lastSeq = options.lastSeq
    this.#writtenSeq = options.lastSeq
    this.#writtenBytes = options.prefix.bytes
    this.#crc32 = options.prefix.crc32
  }

  get isDurable(): boolean {
    return this.#options.durability === 'process' || (!this.#unsynced && this.#syncing === null)
  }

  append(seq: number, line: string): void {
    this.#take(seq)
    this.#lines.add(line)
    this.#taken(seq)
  }

  appendEntry(entry: Entry, data: string): void {
    const { seq } = entry
    this.#take(seq)
    this.#lines.addEntry(entry, data)
    this.#taken(seq)
  }

  putBlob(sha256: string, bytes: Uint8Array): void {
    if (this.#dead !== null || this.#closed) throw this.#unusable()
    this.#attempt(() => writeBlob(this.#options, sha256, bytes))
  }

  flush(): number {
    if (this.#dead !== null || this.#closed) throw this.#unusable()
    if (this.#lines.bytesMin > 0) this.#attempt(() => this.#writeLines())
    return this.lastSeq
  }

  position(): Position {
    return { seq: this.#writtenSeq, bytes: this.#writtenBytes, crc32: this.#crc32 }
  }

  async flushed(): Promise<void> {
    this.flush()
    if (!this.isDurable) await this.#synced()
  }

  flushDurably(): void {
    this.flush()
    // A sync under way has not happened yet. When it fails the system says so once for each opening of the file, and
    // nobody has heard of it yet: asked by the same opening, the next sync would be told that all is well.
    if (this.isDurable) return
    this.#attempt(() => this.#options.syncNow(this.#options.fdNow ?? this.#options.fd))
    this.#unsynced = false
  }

  async close(): Promise<void> {
    if (this.#closed) return
    try {
      if (this.#dead === null) await this.flushed()
    } finally {
      this.#closed = true
      for (const fd of [this.#options.fd, this.#options.fdNow]) if (fd !== null) closeSync(fd)
      this.#options.lock.release()
    }
  }

  #take(seq: number): void {
    if (this.#dead !== null || this.#closed) throw this.#unusable()
    if (seq !== this.lastSeq + 1) checkSeq(this.run, this.lastSeq, seq)
  }

  #taken(seq: number): void {
    this.lastSeq = seq
    if (this.#lines.bytesMin >= FLUSH_BYTES) this.flush()
  }

  #writeLines(): void {
    const { fd, write } = this.#options
    const bytes = this.#lines.utf8()
    let offset = 0
    // A write may be short: a full disk, a signal.
    while (offset < bytes.length) {
      const written = write(fd, bytes, offset, bytes.length - offset)
      if (written <= 0) throw new Error('The file took no bytes')
      offset += written
    }
    this.#crc32 = crc32(bytes, this.#crc32)
    this.#writtenBytes += bytes.length
    this.#lines.clear()
    this.#writtenSeq = this.lastSeq
    this.#unsynced = true
    // Writing to a deleted file succeeds, and nobody will ever read it.
    if (fstatSync(fd).nlink === 0) throw new Error(`${this.#options.folder.events} was deleted`)
  }

  /** One fdatasync at a time; whoever comes during one waits for the next, which covers them all, and for no later one. */
  async #synced(): Promise<void> {
    if (this.#syncing !== null) await this.#syncing.catch(() => {})
    if (this.#dead !== null) throw this.#dead
    if (this.#syncing === null && this.#unsynced) this.#syncing = this.#sync()
    await this.#syncing
  }

  async #sync(): Promise<void> {
    this.#unsynced = false
    try {
      const { fd, sync } = this.#options
      await new Promise<void>((done, failed) => sync(fd, (error) => (error === null ? done() : failed(error))))
    } catch (error) {
      // Never retried: after a failed sync the kernel may have dropped the pages and report success.
      throw (this.#dead ??= logDead(this.run, error))
    } finally {
      this.#syncing = null
    }
  }

  #attempt(action: () => void): void {
    try {
      action()
    } catch (error) {
      throw (this.#dead ??= logDead(this.run, error))
    }
  }

  #unusable(): RamureError {
    return this.#dead ?? writerClosed(this.run)
  }
}

/** Blobs are named by their content, so one that is there already is the same; a half-written one never has the name. */
function writeBlob({ folder, durability, syncFolder }: JsonlWriterOptions, sha256: string, bytes: Uint8Array): void {
  const path = join(folder.blobs, sha256)
  if (existsSync(path)) return
  const isDurable = durability === 'disk'
  // Not recursive: a run's folder that was deleted must not come back with nothing but a blob.
  if (!existsSync(folder.blobs)) {
    mkdirSync(folder.blobs, { mode: 0o700 })
    if (isDurable) syncFolder(folder.path)
  }
  const temporary = `${path}.${process.pid}.tmp`
  writeFileSync(temporary, bytes, { mode: 0o600, flush: isDurable })
  renameSync(temporary, path)
  if (isDurable) syncFolder(folder.blobs)
}
