/**
 * Ways to append an event to a file, ours among them, behind one face. All take the same drafts; all but pino and SQLite
 * write the same lines.
 */
import { appendFileSync, closeSync, openSync, writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pino } from 'pino'
import { runLog } from '../../src/log/append.ts'
import type { Draft } from '../../src/log/events.ts'
import { jsonlStore } from '../../src/log/jsonl.ts'
import { lineBuffer } from '../../src/log/line-buffer.ts'
import { forwardTime, placed } from '../../src/log/place.ts'
import { redactor } from '../../src/log/redact.ts'

export interface Writer {
  emit(draft: Draft): void
  /** Resolves when what was emitted has what this way promises. */
  acknowledged(): Promise<void>
  close(): Promise<void>
  /** What it writes, or null when it writes none. */
  readonly file: string | null
}

/** By the name in the table. */
export const WRITERS: Readonly<Record<string, (folder: string) => Writer>> = {
  'encode only': encodeOnly,
  'group commit, bare': groupCommit,
  'group commit, our buffer': gatheredCommit,
  'ramure, process': (folder) => throughRunLog(folder, 'process'),
  'ramure, disk': (folder) => throughRunLog(folder, 'disk'),
  'writeSync per event': writePerEvent,
  'open, append, close': openAppendClose,
  'pino, sync': throughPino,
  'SQLite WAL': throughSqlite,
}

/** `node:sqlite` is not in every Node that ramure runs on. */
export function isHere(name: string): boolean {
  return name !== 'SQLite WAL' || sqlite() !== null
}

const DONE = Promise.resolve()

/** The least that any log of JSON lines does: one text and its UTF-8 bytes. */
function encodeOnly(): Writer {
  const buffer = Buffer.allocUnsafe(1024 * 1024)
  const line = encoder()
  let offset = 0
  return {
    emit(draft) {
      if (offset > 1024 * 1024 - 16 * 1024) offset = 0
      offset += buffer.write(line(draft), offset)
    },
    acknowledged: () => DONE,
    close: () => DONE,
    file: null,
  }
}

/** Beside encoding only what one write per microtask needs: a buffer, a promise for all who wait, a write. */
function groupCommit(folder: string): Writer {
  const file = join(folder, 'lines.jsonl')
  const fd = openSync(file, 'a')
  const buffer = Buffer.allocUnsafe(2 * 1024 * 1024)
  const line = encoder()
  let used = 0
  let batch: PromiseWithResolvers<void> | null = null
  let armed = false
  const flush = () => {
    armed = false
    for (let from = 0; from < used; ) from += writeSync(fd, buffer, from, used - from)
    used = 0
    const written = batch
    batch = null
    written?.resolve()
  }
  return {
    emit(draft) {
      used += buffer.write(line(draft), used)
      if (used > 1024 * 1024) flush()
      if (armed) return
      armed = true
      queueMicrotask(flush)
    },
    acknowledged() {
      if (!armed) return DONE
      batch ??= Promise.withResolvers<void>()
      return batch.promise
    },
    close: async () => closeSync(fd),
    file,
  }
}

/** The same with the buffer that our writer has. */
function gatheredCommit(folder: string): Writer {
  const file = join(folder, 'lines.jsonl')
  const fd = openSync(file, 'a')
  const lines = lineBuffer()
  const time = forwardTime(null)
  let seq = 0
  let batch: PromiseWithResolvers<void> | null = null
  let armed = false
  const flush = () => {
    armed = false
    const bytes = lines.utf8()
    for (let from = 0; from < bytes.length; ) from += writeSync(fd, bytes, from, bytes.length - from)
    lines.clear()
    const written = batch
    batch = null
    written?.resolve()
  }
  return {
    emit(draft) {
      lines.addEntry(placed(draft, (seq += 1), time(Date.now()), null), JSON.stringify(draft.data))
      if (lines.bytesMin > 1024 * 1024) flush()
      if (armed) return
      armed = true
      queueMicrotask(flush)
    },
    acknowledged() {
      if (!armed) return DONE
      batch ??= Promise.withResolvers<void>()
      return batch.promise
    },
    close: async () => closeSync(fd),
    file,
  }
}

function throughRunLog(folder: string, durability: 'process' | 'disk'): Writer {
  const store = jsonlStore(folder, { durability })
  const id = 'brisk-otter-4q7m2xk9'
  const log = runLog({ store, run: id, writer: store.create(id), clock: Date.now, redact: redactor(process.env) })
  return {
    emit: (draft) => void log.append(draft),
    acknowledged: () => log.flushed(),
    close: () => log.close(),
    file: join(folder, id, 'events.jsonl'),
  }
}

function writePerEvent(folder: string): Writer {
  const file = join(folder, 'lines.jsonl')
  const fd = openSync(file, 'a')
  const line = encoder()
  return { emit: (draft) => void writeSync(fd, line(draft)), acknowledged: () => DONE, close: async () => closeSync(fd), file }
}

function openAppendClose(folder: string): Writer {
  const file = join(folder, 'lines.jsonl')
  const line = encoder()
  return { emit: (draft) => appendFileSync(file, line(draft)), acknowledged: () => DONE, close: () => DONE, file }
}

/** sonic-boom without a buffer of its own: what is logged is written when the call returns. */
function throughPino(folder: string): Writer {
  const file = join(folder, 'lines.jsonl')
  const destination = pino.destination({ dest: file, sync: true })
  const logger = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination)
  return { emit: (draft) => logger.info(draft), acknowledged: () => DONE, close: async () => destination.end(), file }
}

/** One transaction per microtask; NORMAL, so that what is committed survives a kill, as with us. */
function throughSqlite(folder: string): Writer {
  const module = sqlite()
  if (module === null) throw new Error('This Node has no node:sqlite.')
  const file = join(folder, 'events.db')
  const db = new module.DatabaseSync(file)
  db.exec(
    'PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; CREATE TABLE events (seq INTEGER PRIMARY KEY, type TEXT, agent TEXT, data TEXT)',
  )
  const insert = db.prepare('INSERT INTO events (type, agent, data) VALUES (?, ?, ?)')
  let batch: PromiseWithResolvers<void> | null = null
  const commit = () => {
    db.exec('COMMIT')
    const written = batch
    batch = null
    written?.resolve()
  }
  return {
    emit(draft) {
      if (batch === null) {
        batch = Promise.withResolvers<void>()
        db.exec('BEGIN')
        queueMicrotask(commit)
      }
      insert.run(draft.type, draft.agent ?? null, JSON.stringify(draft.data))
    },
    acknowledged: () => batch?.promise ?? DONE,
    close: async () => db.close(),
    file,
  }
}

function sqlite(): typeof import('node:sqlite') | null {
  try {
    return createRequire(import.meta.url)('node:sqlite') as typeof import('node:sqlite')
  } catch {
    return null
  }
}

/** Gives a draft its place and time, and makes it a line; the time's text is kept for as long as it is the same. */
function encoder(): (draft: Draft) => string {
  let seq = 0
  let lastMs = 0
  let time = ''
  return ({ type, by, scope, agent, aseq, cause, data }) => {
    const nowMs = Date.now()
    if (nowMs !== lastMs) time = new Date((lastMs = nowMs)).toISOString()
    seq += 1
    return `{"seq":${seq},"time":"${time}","type":"${type}","by":"${by}","scope":"${scope}","agent":"${agent}","aseq":${aseq},"cause":${cause},"data":${JSON.stringify(data)}}\n`
  }
}
