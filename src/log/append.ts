/**
 * The one function that appends. It gives a draft its place and time, makes its data JSON, masks it, encodes it once and
 * hands the line to the writer; what was appended in one turn is written together at the end of that turn.
 *
 * A1 `append` is synchronous; it only fixes the order. Nothing is visible to anybody before it is written.
 * A2 Listeners see an entry after the flush that wrote it, with a store that promises the disk after the sync; in order,
 *    each once, outside of any async context.
 * A3 After a failed write the log is dead: every call throws ERR_LOG_DEAD with the first error as its cause (L4).
 * A4 What waits to be written or to be told is bounded: who appends too much in one turn writes, syncs and tells it then and there.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { externalise, needsBlobs } from './blob.ts'
import { logDead } from './dead.ts'
import { delivery } from './delivery.ts'
import { RamureError } from './error.ts'
import type { Draft, Entry, Json } from './events.ts'
import { forwardTime, placed } from './place.ts'
import { recorded } from './recorded.ts'
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
  /**
   * Fixes the place of an entry and returns it as recorded: masked, with texts of any length in full. Throws ERR_LOG_DEAD, and
   * ERR_ENTRY_TOO_LARGE before anything was done.
   */
  append(draft: Draft): Entry
  /** Calls back with entries right after they are as durable as the store promises; returns how to stop. */
  onWritten(listener: (entries: readonly Entry[]) => void): () => void
  /** Calls back once when a write has failed; returns how to stop. */
  onDead(listener: (error: RamureError) => void): () => void
  /** From here to the next `flush` nothing is written at the end of a microtask, unless somebody waits for it. */
  hold(): void
  /** Writes everything appended so far and tells the listeners; returns the last `seq` written. Throws ERR_LOG_DEAD. */
  flush(): number
  /** Writes everything appended so far and says where the log then ends, with its checksum. Tells no listener. Throws ERR_LOG_DEAD. */
  position(): Position
  /** Resolves when everything appended so far is as durable as the store promises. Rejects with ERR_LOG_DEAD. */
  flushed(): Promise<void>
  /** Null, or what to wait for before going on: too much of what was written waits for the disk. */
  room(): Promise<void> | null
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

type Batch = PromiseWithResolvers<void>

/** A sync under way: of everything up to a `seq`, and who waits for it. */
interface Round {
  readonly seq: number
  batch: Batch | null
}

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
  readonly #delivery = delivery()
  readonly #deadListeners = new Set<(error: RamureError) => void>()
  #writtenSeq: number
  #armed = false
  #held = false
  #closed = false
  #batch: Batch | null = null
  #round: Round | null = null

  constructor({ store, run, writer, clock, redact }: RunLogOptions) {
    this.run = run
    this.lastSeq = writer.lastSeq
    this.#writtenSeq = writer.lastSeq
    this.#writer = writer
    this.#redact = redact
    this.#clock = clock
    this.#time = forwardTime(writer.openedAfter)
    this.#putBlob = (sha256, bytes) => outside(() => writer.putBlob(sha256, bytes))
    this.#subscribers = subscribers(store, run, writer.lastSeq)
    this.#delivery.listen((entries, characters) => this.#subscribers.publish(entries, characters))
  }

  append(draft: Draft): Entry {
    if (this.dead !== null || this.#closed) throw this.#unusable()
    const { data, text } = recorded(draft, this.#redact)
    if (this.#delivery.fill() >= 1) outside(this.#makeRoom)
    const entry = placed(draft, this.lastSeq + 1, this.#time(this.#clock()), data)
    this.#hand(entry, text)
    return entry
  }

  onWritten(listener: (entries: readonly Entry[]) => void): () => void {
    return this.#delivery.listen(listener)
  }

  onDead(listener: (error: RamureError) => void): () => void {
    this.#deadListeners.add(listener)
    return () => void this.#deadListeners.delete(listener)
  }

  hold(): void {
    this.#held = true
  }

  flush(): number {
    if (this.dead !== null || this.#closed) throw this.#unusable()
    this.#held = false
    outside(this.#flushNow)
    if (this.dead !== null) throw this.#unusable()
    return this.#writtenSeq
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
    if (this.#held && this.#armed) queueMicrotask(this.#flushOutside)
    this.#held = false
    return this.#everything()
  }

  room(): Promise<void> | null {
    return this.#round !== null && this.#delivery.fill() >= 0.5 ? this.flushed() : null
  }

  follow(options: FollowOptions = {}): AsyncIterable<Entry | Unreadable | Lagged> {
    return this.#subscribers.follow(options)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    if (this.dead === null) outside(this.#flushNow)
    this.#closed = true
    // A sync that fails is told below.
    if (this.dead === null && this.#round !== null) await this.#everything().catch(() => {})
    this.#subscribers.close()
    const dead = this.dead
    await this.#writer.close()
    if (dead !== null) throw dead
  }

  /** Hands a line to the writer and sees to it that it is written at the end of this turn. */
  #hand(entry: Entry, text: string): void {
    try {
      const stored = needsBlobs(text) ? JSON.stringify(externalise(entry.data as Json, this.#putBlob)) : text
      this.#writer.appendEntry(entry, stored)
    } catch (error) {
      throw this.#die(error)
    }
    this.lastSeq = entry.seq
    this.#delivery.add(entry, text.length)
    if (this.#armed) return
    this.#armed = true
    if (!this.#held) queueMicrotask(this.#flushOutside)
  }

  readonly #flushOutside = (): void => {
    if (this.#armed && !this.#held && !this.#closed && this.dead === null) outside(this.#flushNow)
  }

  readonly #flushNow = (): void => {
    this.#armed = false
    try {
      this.#writtenSeq = this.#writer.flush()
    } catch (error) {
      this.#die(error)
      return
    }
    if (!this.#writer.isDurable) return this.#sync()
    const batch = this.#batch
    this.#batch = null
    batch?.resolve()
    this.#delivery.tell(this.#writtenSeq)
  }

  /** A loop that appends without an end must not fill the memory with what waits for the end of its turn. */
  readonly #makeRoom = (): void => {
    try {
      this.#writer.flushDurably()
    } catch (error) {
      throw this.#die(error)
    }
    this.#writtenSeq = this.lastSeq
    this.#delivery.tell(this.#writtenSeq)
    if (this.dead !== null) throw this.dead
  }

  /** One sync at a time; what is written meanwhile waits for the next one, which covers it all. */
  #sync(): void {
    if (this.#round !== null) return
    const round: Round = { seq: this.lastSeq, batch: this.#batch }
    this.#batch = null
    this.#round = round
    this.#writer.flushed().then(
      () => outside(this.#synced, round),
      (error: unknown) => this.#die(error),
    )
  }

  readonly #synced = (round: Round): void => {
    if (this.dead !== null) return
    this.#round = null
    this.#delivery.tell(round.seq)
    round.batch?.resolve()
    if (this.#round === null && this.#writtenSeq > round.seq) this.#sync()
  }

  /** Resolves when everything appended so far was told. */
  #everything(): Promise<void> {
    const round = this.#round
    if (round !== null && round.seq >= this.lastSeq) {
      round.batch ??= Promise.withResolvers<void>()
      return round.batch.promise
    }
    if (round === null && !this.#armed) return NOTHING
    this.#batch ??= Promise.withResolvers<void>()
    return this.#batch.promise
  }

  #die(error: unknown): RamureError {
    if (this.dead !== null) return this.dead
    this.dead = logDead(this.run, error)
    // Nobody will flush any more for those who wait for the end of this turn.
    this.#batch?.reject(this.dead)
    this.#round?.batch?.reject(this.dead)
    this.#subscribers.close()
    for (const listener of this.#deadListeners) listener(this.dead)
    return this.dead
  }

  #unusable(): RamureError {
    return this.dead ?? new RamureError('ERR_LOG_CLOSED', `The log of ${this.run} was closed; nothing can be appended to it.`)
  }
}

const NOTHING: Promise<void> = Promise.resolve()
