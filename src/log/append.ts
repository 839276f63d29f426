/**
 * The one function that appends. It gives a draft its place and time, makes its data JSON, masks it, encodes it once and
 * hands the line to the writer; what was appended in one turn is written together at the end of that turn.
 *
 * A1 `append` is synchronous; it only fixes the order. Nothing is visible to anybody before it is written.
 * A2 Listeners see an entry after the flush that wrote it, in order, each once, outside of any async context.
 * A3 After a failed write the log is dead: every call throws ERR_LOG_DEAD with the first error as its cause (L4).
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { externalise, needsBlobs } from './blob.ts'
import { encodeKnown } from './codec.ts'
import { logDead } from './dead.ts'
import { RamureError } from './error.ts'
import type { Draft, Entry, Json } from './events.ts'
import { toJson } from './json.ts'
import type { Redactor } from './redact.ts'
import type { FollowOptions, Lagged, LogStore, LogWriter, Position, Unreadable } from './store.ts'
import { type Subscribers, subscribers } from './subscribe.ts'

export interface RunLogOptions {
  /** Where subscribers that lag read from. */
  readonly store: LogStore
  readonly run: string
  /** The writer that `store` gave for this run; the run log closes it. */
  readonly writer: LogWriter
  /** Wall clock in milliseconds since 1970. */
  readonly clock: () => number
  readonly redact: Redactor
}

export interface RunLog {
  readonly run: string
  /** `seq` of the last entry appended, 0 in a new run. */
  readonly lastSeq: number
  /** The error that ended the log, or null while it works. */
  readonly dead: RamureError | null
  /** Fixes the place of an entry and returns it as recorded: masked, with texts of any length in full. Throws ERR_LOG_DEAD. */
  append(draft: Draft): Entry
  /** Calls back with entries right after they were written; returns how to stop. */
  onWritten(listener: (entries: readonly Entry[]) => void): () => void
  /** Calls back once when a write has failed; returns how to stop. */
  onDead(listener: (error: RamureError) => void): () => void
  /** Writes everything appended so far and tells the listeners; returns the last `seq` written. Throws ERR_LOG_DEAD. */
  flush(): number
  /** Writes everything appended so far and says where the log then ends, with its checksum. Tells no listener. Throws ERR_LOG_DEAD. */
  position(): Position
  /** Resolves when everything appended so far is as durable as the store promises. Rejects with ERR_LOG_DEAD. */
  flushed(): Promise<void>
  /** History after `after`, then live entries; ends when the log is closed or dead. A slow reader is told `lagged` (L7). */
  follow(options?: FollowOptions): AsyncIterable<Entry | Unreadable | Lagged>
  /** Writes what is left, lets go of the run. Later calls throw; a second `close` does nothing. */
  close(): Promise<void>
}

/** Starts appending to a run that `store.create` or `store.open` gave the writer of; says so first when the log was repaired. */
export function runLog(options: RunLogOptions): RunLog {
  const log = new AppendLog(options)
  const { repaired } = options.writer
  if (repaired !== null) {
    log.append({ type: 'log_repaired', by: 'runtime', scope: '/', data: { bytes: repaired.bytes, kept_as: repaired.keptAs } })
  }
  return log
}

/** Runs a function outside of whatever async context the caller has: the log belongs to no scope. */
const outside = AsyncLocalStorage.snapshot()

type Mutable<T> = { -readonly [K in keyof T]: T[K] }
type Batch = PromiseWithResolvers<void>

class AppendLog implements RunLog {
  readonly run: string
  lastSeq: number
  dead: RamureError | null = null

  readonly #writer: LogWriter
  readonly #redact: Redactor
  readonly #time: (clockMs: number) => string
  readonly #clock: () => number
  readonly #putBlob: (sha256: string, bytes: Uint8Array) => void
  readonly #subscribers: Subscribers
  readonly #written = new Set<(entries: readonly Entry[]) => void>()
  readonly #deadListeners = new Set<(error: RamureError) => void>()
  #pending: Entry[] = []
  #armed = false
  #delivering = false
  #closed = false
  #batch: Batch | null = null

  constructor({ store, run, writer, clock, redact }: RunLogOptions) {
    this.run = run
    this.lastSeq = writer.lastSeq
    this.#writer = writer
    this.#redact = redact
    this.#clock = clock
    this.#time = forwardTime(writer.openedAfter)
    this.#putBlob = (sha256, bytes) => outside(() => writer.putBlob(sha256, bytes))
    this.#subscribers = subscribers(store, run, writer.lastSeq)
    this.#written.add((entries) => this.#subscribers.publish(entries))
  }

  append(draft: Draft): Entry {
    if (this.dead !== null || this.#closed) throw this.#unusable()
    const copy = toJson(draft.data)
    let text = JSON.stringify(copy)
    const data = this.#redact.suspects(text) ? this.#redact(copy) : copy
    if (data !== copy) text = JSON.stringify(data)
    const entry = placed(draft, this.lastSeq + 1, this.#time(this.#clock()), data)
    this.#hand(entry, needsBlobs(text) ? () => JSON.stringify(externalise(data, this.#putBlob)) : text)
    return entry
  }

  onWritten(listener: (entries: readonly Entry[]) => void): () => void {
    this.#written.add(listener)
    return () => void this.#written.delete(listener)
  }

  onDead(listener: (error: RamureError) => void): () => void {
    this.#deadListeners.add(listener)
    return () => void this.#deadListeners.delete(listener)
  }

  flush(): number {
    if (this.dead !== null || this.#closed) throw this.#unusable()
    const last = outside(this.#flushNow)
    if (this.dead !== null) throw this.#unusable()
    return last
  }

  position(): Position {
    if (this.dead !== null || this.#closed) throw this.#unusable()
    try {
      this.#writer.flush()
      return this.#writer.position()
    } catch (error) {
      throw this.#die(error)
    }
  }

  flushed(): Promise<void> {
    if (this.dead !== null || this.#closed) return Promise.reject(this.#unusable())
    if (!this.#armed) return this.#durable()
    this.#batch ??= Promise.withResolvers<void>()
    return this.#batch.promise
  }

  follow(options: FollowOptions = {}): AsyncIterable<Entry | Unreadable | Lagged> {
    return this.#subscribers.follow(options)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    if (this.dead === null) outside(this.#flushNow)
    this.#closed = true
    this.#subscribers.close()
    const dead = this.dead
    await this.#writer.close()
    if (dead !== null) throw dead
  }

  /** Hands a line to the writer and sees to it that it is written at the end of this turn. */
  #hand(entry: Entry, dataText: string | (() => string)): void {
    try {
      this.#writer.append(entry.seq, encodeKnown(entry, typeof dataText === 'string' ? dataText : dataText()))
    } catch (error) {
      throw this.#die(error)
    }
    this.lastSeq = entry.seq
    this.#pending.push(entry)
    if (this.#armed) return
    this.#armed = true
    queueMicrotask(this.#flushOutside)
  }

  readonly #flushOutside = (): void => {
    if (this.#armed && !this.#closed && this.dead === null) outside(this.#flushNow)
  }

  readonly #flushNow = (): number => {
    this.#armed = false
    const batch = this.#batch
    this.#batch = null
    let last: number
    try {
      last = this.#writer.flush()
    } catch (error) {
      const dead = this.#die(error)
      batch?.reject(dead)
      return 0
    }
    batch?.resolve(this.#durable())
    this.#deliver()
    return last
  }

  #durable(): Promise<void> {
    return this.#writer.flushed().catch((error: unknown) => {
      throw this.#die(error)
    })
  }

  /** A listener may append and flush: what that adds is delivered after what is being delivered now. */
  #deliver(): void {
    if (this.#delivering) return
    this.#delivering = true
    try {
      while (this.#pending.length > 0 && !this.#armed) {
        const entries = this.#pending
        this.#pending = []
        for (const listener of this.#written) listener(entries)
      }
    } finally {
      this.#delivering = false
    }
  }

  #die(error: unknown): RamureError {
    if (this.dead !== null) return this.dead
    this.dead = logDead(this.run, error)
    // Nobody will flush any more for those who wait for the end of this turn.
    this.#batch?.reject(this.dead)
    this.#batch = null
    this.#subscribers.close()
    for (const listener of this.#deadListeners) listener(this.dead)
    return this.dead
  }

  #unusable(): RamureError {
    return this.dead ?? new RamureError('ERR_LOG_CLOSED', `The log of ${this.run} was closed; nothing can be appended to it.`)
  }
}

function placed(draft: Draft, seq: number, time: string, data: Json): Entry {
  const entry = { seq, time, type: draft.type, by: draft.by, scope: draft.scope } as Mutable<Entry>
  if (draft.agent !== undefined) entry.agent = draft.agent
  if (draft.aseq !== undefined) entry.aseq = draft.aseq
  if (draft.cause !== undefined) entry.cause = draft.cause
  if (draft.source !== undefined) entry.source = draft.source
  if (draft.id !== undefined) entry.id = draft.id
  // The data is that of the draft, made JSON and masked, so it belongs to the draft's type.
  entry.data = data as never
  return entry
}

/** The clock as ISO text that never goes backwards; the text of the last millisecond is kept. */
function forwardTime(openedAfter: string | null): (clockMs: number) => string {
  let lastMs = openedAfter === null ? Number.NEGATIVE_INFINITY : Date.parse(openedAfter)
  let text = openedAfter ?? ''
  return (clockMs) => {
    const ms = Math.floor(clockMs)
    if (ms > lastMs) {
      lastMs = ms
      text = new Date(ms).toISOString()
    }
    return text
  }
}
