/**
 * Where runs are kept. Nothing above `log/` may know which store it talks to; every store passes the one conformance
 * suite in test/log/conformance.ts.
 *
 * S1 The entries of a run are 1, 2, 3 … without a gap; `append` refuses any other `seq`.
 * S2 `append` is synchronous and only fixes the order. `flush` hands everything appended to the store at once;
 *    `flushed` resolves when everything appended so far has the store's durability.
 * S3 A writer that failed once is dead: every later call throws the first error.
 * S4 One writer per run. A second `create` or `open` throws ERR_RUN_LOCKED while the first lives.
 * S5 `follow` yields history, then what is appended later: no gap, no repeat, whatever it races with.
 */
import type { Entry, EventType, Json, JsonObject, Prefix } from './events.ts'

export interface LogStore {
  /** Where the store is, for people: a folder, `memory`. */
  readonly location: string
  /** Starts a run; `run` was validated by `isRunId`. Throws ERR_RUN_EXISTS. */
  create(run: string): LogWriter
  /** Goes on writing an existing run. Sets torn bytes aside first and says so in `repaired`. Throws ERR_RUN_NOT_FOUND. */
  open(run: string): LogWriter
  /** Entries in order of `seq`, or backwards. Unreadable lines are yielded as `Unreadable`, never skipped in silence. */
  read(run: string, options?: ReadOptions): AsyncIterable<Entry | Unreadable>
  /**
   * As `read` from one entry on, for those who fold: in batches, and what is not looked at is not decoded, so damage inside
   * of it is not seen. An entry is valid until the next one is asked for: whoever needs more of it than what it says, takes that.
   */
  skim(run: string, options?: { readonly from?: number }): AsyncIterable<Iterable<Entry | Unreadable>>
  /**
   * The entries with these numbers, which rise, with texts put back; at once. Only for stores that have them at hand: others leave it
   * out. Throws ERR_RUN_NOT_FOUND, ERR_LOG_LINE when one of them is not there.
   */
  entriesAt?(run: string, seqs: readonly number[]): readonly Entry[]
  /** History from `after` (default 0), then live entries until the run's writer is gone or `signal` aborts. */
  follow(run: string, options?: FollowOptions): AsyncIterable<Entry | Unreadable | Lagged>
  /** What was kept of `kind` by `keepSnapshot` and still fits the log, or null: it may be gone at any time. */
  snapshot(run: string, kind: string): Promise<FoundSnapshot | null>
  /**
   * Keeps a snapshot for whoever looks next, instead of an older one. `at`, where its last entry ends, saves looking for
   * the place. What cannot be kept is let go in silence: it can be computed again.
   */
  keepSnapshot(run: string, snapshot: Snapshot, at?: Position): Promise<void>
  /** Every run, newest first. */
  list(): Promise<readonly RunRef[]>
  /** True while a live writer holds the run; null when that cannot be known (another host, no permission). */
  writerAlive(run: string): boolean | null
  /** Bytes of a blob, or null when the store does not have it. */
  blob(run: string, sha256: string): Promise<Uint8Array | null>
  /** Removes a run and everything beside it. Throws ERR_RUN_LOCKED while a writer lives. */
  delete(run: string): Promise<void>
}

export interface LogWriter {
  readonly run: string
  /** `seq` of the last entry, 0 in a new run. */
  readonly lastSeq: number
  /** `time` of the last entry the writer found when it opened the run, or null in a new one. */
  readonly openedAfter: string | null
  /** What `open` set aside, or null: bytes of a torn last line and where they are kept. */
  readonly repaired: { readonly bytes: number; readonly keptAs: string } | null
  /** True when what was flushed is as durable as the store promises: nobody has to wait for `flushed`. */
  readonly isDurable: boolean
  /** Fixes the place of an entry and takes its line. Throws ERR_SEQ_MISMATCH, ERR_LOG_DEAD. */
  append(seq: number, line: string): void
  /**
   * The same with the line that `encodeEntry(entry, data)` is for an entry without unknown fields: the writer makes it, because
   * with most lines of a batch that costs less than taking one. `data` is stored, whatever `entry.data` is.
   */
  appendEntry(entry: Entry, data: string): void
  /** Keeps a text that is too long for a line, before the line that refers to it. Throws ERR_LOG_DEAD. */
  putBlob(sha256: string, bytes: Uint8Array): void
  /** Writes everything appended so far; returns the last `seq` written. Synchronous. */
  flush(): number
  /** What was written up to the last flush: its last `seq`, its bytes from the first of the log on, and their crc32. */
  position(): Position
  /** Resolves when everything appended so far is as durable as the store promises. */
  flushed(): Promise<void>
  /** The same before it returns: for a caller that must not go on appending. Throws ERR_LOG_DEAD. */
  flushDurably(): void
  /** Flushes, lets go of the lock. Later calls throw. */
  close(): Promise<void>
}

/** A place between two entries of a log, with the checksum of everything before it. */
export interface Position extends Prefix {
  /** The last entry before it, 0 for none. */
  readonly seq: number
}

/** Something computed from the entries of a run up to and with `seq`. */
export interface Snapshot {
  /** What computed it, and in which version: whoever asks for another kind gets none. */
  readonly kind: string
  readonly seq: number
  /** A few facts for lists, to be had without the state. */
  readonly summary: JsonObject
  readonly state: Json
}

export interface FoundSnapshot extends Omit<Snapshot, 'kind' | 'state'> {
  /** Parsed when it is asked for. Throws what JSON.parse throws. */
  state(): Json
}

export interface ReadOptions {
  /** First `seq`, inclusive; default 1. */
  readonly from?: number
  /** Last `seq`, inclusive; default the last complete line. */
  readonly to?: number
  /** Only entries of this time or later, any ISO 8601 text. What is no time throws ERR_BAD_TIME. */
  readonly since?: string
  /** Only entries of this time or earlier, as in `since`. */
  readonly until?: string
  /** Only these types; default all. */
  readonly types?: readonly EventType[]
  /**
   * Says of a line as docs/format.md describes it, a blob still a reference, whether its entry may be wanted: what it refuses need not be
   * decoded, so damage inside of it is not seen. It saves time and nothing else: a store whose entries are at hand yields them all.
   */
  readonly sieve?: Sieve
  /** Newest first; default false. */
  readonly reverse?: boolean
  /** Whether texts kept as blobs are put back in their place, or stay `{"$blob", "bytes", "preview"}`; default `resolve`. */
  readonly blobs?: 'resolve' | 'reference'
  /**
   * Told, before the run's end is yielded, when what comes before it does not have the checksum that it gives. Looked for only
   * in a reading from the first entry on, forwards; a store whose bytes nobody else can change has nothing to tell.
   */
  readonly onChanged?: (among: ChangedLines) => void
}

/** One of these lines of a log, or the checksum in its end, is not what was written. */
export interface ChangedLines {
  /** Numbers of lines, 1 for the first of the log. */
  readonly first: number
  readonly last: number
}

/** `line.bytes[line.start..line.end)` are the line, without its newline; valid during the call. */
export type Sieve = (line: { readonly bytes: Buffer; readonly start: number; readonly end: number }) => boolean

export interface FollowOptions {
  /** Yield entries with a higher `seq`; default 0. */
  readonly after?: number
  readonly signal?: AbortSignal
  /** As in `ReadOptions`. */
  readonly blobs?: 'resolve' | 'reference'
  /** Who tells of new entries, where the reader of a store would have to watch for them; default nobody. Stores that know by themselves ignore it. */
  readonly bell?: Bell
}

/**
 * Somebody who knows when a run's log has more in it. It spares a follower the watching and nothing else: what it does not tell of
 * is noticed a quarter of a second later, and a bell that never says anything is as good as none.
 */
export interface Bell {
  /** Calls back until the function that it returns is called, never before it has returned. */
  listen(listener: BellListener): () => void
}

export interface BellListener {
  /** From here on every change is told. */
  works(): void
  rings(): void
  /** Nothing more will be told. */
  lost(): void
}

/** A line that could not be read. `seq` values are those of the readable neighbours, null at the ends. */
export interface Unreadable {
  readonly unreadable: { readonly line: number; readonly after: number | null; readonly before: number | null; readonly reason: string }
}

/** Told to a reader that was too slow for the live buffer: it missed these, and the store goes on from the log. */
export interface Lagged {
  readonly lagged: { readonly from: number; readonly to: number }
}

export interface RunRef {
  readonly run: string
  /** Bytes of the log itself, or null when the store cannot tell. */
  readonly bytes: number | null
  /** When something was last appended: ISO 8601, or null. */
  readonly modified: string | null
}
