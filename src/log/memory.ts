import { mentionsBlob, resolveEntry, resolveNow } from './blob.ts'
import { EMPTY, extend } from './checksum.ts'
import { decodeEntry } from './codec.ts'
import { RamureError } from './error.ts'
import type { Entry, Json, Prefix } from './events.ts'
import { headEncoder } from './head-encoder.ts'
import { isPassed, isReached, rangeOf } from './range.ts'
import type { FollowOptions, Lagged, LogStore, LogWriter, ReadOptions, RunRef, Snapshot } from './store.ts'
import { checkSeq, runExists, runLocked, runNotFound, writerClosed } from './store-errors.ts'

/** A store for tests and simulation: lines kept in memory, encoded as in a file, gone with the process. */
export function memoryStore(): LogStore {
  const runs = new Map<string, Run>()
  const find = (run: string): Run => {
    const found = runs.get(run)
    if (found === undefined) throw runNotFound(run, 'memory')
    return found
  }
  return {
    location: 'memory',
    create(run) {
      const before = runs.get(run)
      if (before?.live === true) throw runLocked(run, 'this process')
      if (before !== undefined) throw runExists(run)
      const created: Run = {
        name: run,
        lines: [],
        blobs: new Map(),
        prefix: EMPTY,
        live: false,
        modified: null,
        snapshot: null,
        waiting: new Set(),
      }
      runs.set(run, created)
      return writer(created)
    },
    open(run) {
      const found = find(run)
      if (found.live) throw runLocked(run, 'this process')
      return writer(found)
    },
    read: (run, options = {}) => read(find(run), options),
    skim: (run, options = {}) => skim(find(run), options),
    entriesAt: (run, seqs) => seqs.map((seq) => entryNow(find(run), seq)),
    follow: (run, options = {}) => follow(find(run), options),
    async snapshot(run, kind) {
      const { snapshot } = find(run)
      return snapshot?.kind === kind ? { ...snapshot, state: () => structuredClone(snapshot.state) } : null
    },
    async keepSnapshot(run, snapshot) {
      find(run).snapshot = snapshot
    },
    list: async () => [...runs.values()].map(refOf).reverse().sort(newestFirst),
    writerAlive: (run) => runs.get(run)?.live ?? false,
    blob: async (run, sha256) => find(run).blobs.get(sha256) ?? null,
    async delete(run) {
      if (find(run).live) throw runLocked(run, 'this process')
      runs.delete(run)
    },
  }
}

interface Run {
  readonly name: string
  readonly lines: string[]
  readonly blobs: Map<string, Uint8Array>
  prefix: Prefix
  live: boolean
  modified: string | null
  snapshot: Snapshot | null
  readonly waiting: Set<() => void>
}

function writer(run: Run): LogWriter {
  let buffer: string[] = []
  let lastSeq = run.lines.length
  const heads = headEncoder()
  run.live = true
  const openedAfter = run.modified
  const use = (): void => {
    if (!run.live || closed) throw writerClosed(run.name)
  }
  let closed = false
  const flush = (): number => {
    use()
    const last = buffer.at(-1)
    for (const line of buffer) {
      run.lines.push(line)
      run.prefix = extend(run.prefix, Buffer.from(`${line}\n`))
    }
    buffer = []
    if (last !== undefined) run.modified = decodeEntry(last).time
    wakeAll(run)
    return lastSeq
  }
  const append = (seq: number, line: string): void => {
    use()
    checkSeq(run.name, lastSeq, seq)
    buffer.push(line)
    lastSeq = seq
  }
  return {
    run: run.name,
    get lastSeq() {
      return lastSeq
    },
    openedAfter,
    repaired: null,
    isDurable: true,
    append,
    appendEntry: (entry, data) => append(entry.seq, `${heads.text(entry)}${data}}`),
    putBlob: (sha256, bytes) => {
      use()
      run.blobs.set(sha256, Uint8Array.from(bytes))
    },
    flush,
    position: () => ({ seq: run.lines.length, ...run.prefix }),
    flushed: async () => void flush(),
    flushDurably: () => void flush(),
    async close() {
      if (closed) return
      flush()
      closed = true
      run.live = false
      wakeAll(run)
    },
  }
}

async function* read(run: Run, { types, reverse = false, blobs = 'resolve', ...bounds }: ReadOptions): AsyncGenerator<Entry> {
  const range = rangeOf(bounds)
  const first = Math.max(1, range.from)
  const last = Math.min(run.lines.length, range.to)
  for (let step = 0; step <= last - first; step += 1) {
    const entry = await entryAt(run, reverse ? last - step : first + step, blobs)
    if ((types === undefined || types.includes(entry.type)) && isReached(range, entry) && !isPassed(range, entry)) yield entry
  }
}

async function* skim(run: Run, options: ReadOptions): AsyncGenerator<readonly Entry[]> {
  yield await Array.fromAsync(read(run, options))
}

async function* follow(run: Run, { after = 0, signal, blobs = 'resolve' }: FollowOptions): AsyncGenerator<Entry | Lagged> {
  let seq = after
  while (signal?.aborted !== true) {
    if (seq < run.lines.length) yield entryAt(run, (seq += 1), blobs)
    else if (run.live) await change(run, signal)
    else return
  }
}

async function entryAt(run: Run, seq: number, blobs: 'resolve' | 'reference'): Promise<Entry> {
  const line = run.lines[seq - 1]
  if (line === undefined) throw new RamureError('ERR_SEQ_MISMATCH', `The run ${run.name} has no entry ${seq}.`)
  const entry = decodeEntry(line)
  return blobs === 'resolve' && mentionsBlob(line) ? resolveEntry(entry, async (sha256) => run.blobs.get(sha256) ?? null) : entry
}

function entryNow({ name, lines, blobs }: Run, seq: number): Entry {
  const line = lines[seq - 1]
  if (line === undefined) throw new RamureError('ERR_LOG_LINE', `The run ${name} has no entry ${seq}.`)
  const entry = decodeEntry(line)
  // Putting texts back keeps the data what its type says.
  return mentionsBlob(line) ? ({ ...entry, data: resolveNow(entry.data as Json, (sha256) => blobs.get(sha256) ?? null) } as Entry) : entry
}

function change(run: Run, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolveChange) => {
    const wake = (): void => {
      run.waiting.delete(wake)
      signal?.removeEventListener('abort', wake)
      resolveChange()
    }
    run.waiting.add(wake)
    signal?.addEventListener('abort', wake)
  })
}

function wakeAll(run: Run): void {
  for (const wake of [...run.waiting]) wake()
}

function refOf(run: Run): RunRef {
  return { run: run.name, bytes: run.prefix.bytes, modified: run.modified }
}

function newestFirst(a: RunRef, b: RunRef): number {
  return (b.modified ?? '').localeCompare(a.modified ?? '')
}
