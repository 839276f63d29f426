/**
 * What was computed from the beginning of a run, beside its log: `snapshot.json`. Derived and disposable, so it is used only
 * while nothing speaks against it: the same computation and version of ramure, a log that is at least as long, whose
 * first bytes and whose last bytes before the place are those they were, and that nobody has written to unless it has grown.
 * What cannot be read or written is as good as absent.
 */
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { Json, JsonObject } from './events.ts'
import { scanHead } from './head.ts'
import { extendIndex } from './index-file.ts'
import { linesForward, readAt } from './lines.ts'
import type { RunFolder } from './run-folder.ts'
import { seek } from './seek.ts'
import type { FoundSnapshot, Position, Snapshot } from './store.ts'
import { VERSION } from './version.ts'

/** The snapshot of a run, or null when there is none that fits its log. */
export function readSnapshot(folder: RunFolder, kind: string): FoundSnapshot | null {
  try {
    const text = readFileSync(pathOf(folder), 'utf8')
    const end = text.indexOf('\n')
    // The first line ends with the comma before the state, so that the file as a whole is JSON as well.
    const key = JSON.parse(`${text.slice(0, end - 1)}}`) as Key
    if (key.snapshot !== LAYOUT || key.ramure !== VERSION || key.kind !== kind || !stillFits(folder, key)) return null
    return {
      seq: key.position.seq,
      summary: key.summary,
      state: () => (JSON.parse(`{${text.slice(end + 1)}`) as { readonly state: Json }).state,
    }
  } catch {
    return null
  }
}

/** Writes a snapshot in the place of an older one, in one step. `at` is where its last entry ends; without it the log is asked. */
export async function writeSnapshot(folder: RunFolder, { kind, seq, summary, state }: Snapshot, at?: Position): Promise<void> {
  const draft = join(folder.path, `.snapshot-${process.pid}-${(drafts += 1)}.tmp`)
  try {
    const marks = marksOf(folder, seq, at)
    if (marks === null) return
    const key: Key = { snapshot: LAYOUT, ramure: VERSION, kind, ...marks, summary }
    const text = `${JSON.stringify(key).slice(0, -1)},\n"state":${JSON.stringify(state)}}\n`
    await writeFile(draft, text, { mode: 0o600, flag: 'wx' })
    await rename(draft, pathOf(folder))
    await extendIndex(folder, marks.position.bytes)
  } catch {
    await rm(draft, { force: true }).catch(() => {})
  }
}

const LAYOUT = 2
/** How much of both ends of what was folded is compared. */
const MARK_BYTES = 4096
let drafts = 0

interface Marks {
  /** Where its last entry ends; the crc32 of everything before that is null when nobody has read all of it. */
  readonly position: { readonly seq: number; readonly bytes: number; readonly crc32: number | null }
  /** crc32 of the first and of the last bytes before that. */
  readonly first: number
  readonly last: number
  readonly log: LogFacts
}

/** The whole log as it was when the snapshot was written. */
interface LogFacts {
  readonly bytes: number
  readonly modifiedMs: number
}

interface Key extends Marks {
  readonly snapshot: number
  readonly ramure: string
  readonly kind: string
  readonly summary: JsonObject
}

function pathOf(folder: RunFolder): string {
  return join(folder.path, 'snapshot.json')
}

function stillFits(folder: RunFolder, { position: { seq, bytes }, first, last, log }: Key): boolean {
  if (!Number.isSafeInteger(bytes) || !Number.isSafeInteger(seq)) return false
  return withLog(folder, (fd) => {
    const [now, facts] = [marksAt(fd, bytes), factsOf(fd)]
    // Of one that has grown nobody knows whether that is all; one that was copied without its times is folded again, once.
    const isWrittenOver = facts.bytes === log.bytes && facts.modifiedMs !== log.modifiedMs
    return now !== null && now.first === first && now.last === last && !isWrittenOver
  })
}

function factsOf(fd: number): LogFacts {
  const { size, mtimeMs } = fstatSync(fd)
  return { bytes: size, modifiedMs: mtimeMs }
}

function marksOf(folder: RunFolder, seq: number, at: Position | undefined): Marks | null {
  return withLog(folder, (fd) => {
    const bytes = at?.seq === seq ? at.bytes : endOf(fd, seq)
    const marks = bytes === null ? null : marksAt(fd, bytes)
    const crc32 = at?.seq === seq ? at.crc32 : null
    return bytes === null || marks === null ? null : { position: { seq, bytes, crc32 }, ...marks, log: factsOf(fd) }
  })
}

/** Null when the log is shorter than `bytes`, or has no line that ends there. */
function marksAt(fd: number, bytes: number): { readonly first: number; readonly last: number } | null {
  if (bytes <= 0 || fstatSync(fd).size < bytes) return null
  const size = Math.min(MARK_BYTES, bytes)
  const [first, last] = [readAt(fd, 0, size), readAt(fd, bytes - size, size)]
  return last.at(-1) === 10 ? { first: crc32(first), last: crc32(last) } : null
}

/** Where the line of an entry ends, or null when it cannot be found. */
function endOf(fd: number, seq: number): number | null {
  const size = fstatSync(fd).size
  const place = seek(fd, size, (spot) => spot.seq >= seq)
  for (const line of linesForward(fd, place.from, size)) {
    const found = line.cut === null ? scanHead(line)?.seq : undefined
    if (found === seq) return line.next
    if (found !== undefined && found > seq) return null
  }
  return null
}

function withLog<T>(folder: RunFolder, use: (fd: number) => T): T {
  const fd = openSync(folder.events, 'r')
  try {
    return use(fd)
  } finally {
    closeSync(fd)
  }
}
