/**
 * Looks at every byte of a run and says what is whole. Nothing is changed, and memory stays bounded: a log of gigabytes is
 * read once, in blocks. What a checksum covers is known exactly; what none covers shows only where it breaks the structure.
 */
import { closeSync, fstatSync, openSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { endFits } from './checksum.ts'
import { type EventData, FORMAT_VERSION, type Json, type Outcome, type Prefix } from './events.ts'
import { lockHolder } from './lock.ts'
import { fileFacts, type RunFolder, runFolder } from './run-folder.ts'
import { decodeLine } from './sift.ts'
import { runNotFound } from './store-errors.ts'
import { type BlobChecker, blobChecker } from './verify-blobs.ts'
import { factsOf } from './verify-facts.ts'
import { type CheckedLine, checkedLines } from './verify-lines.ts'
import { type Damage, type LookedAt, orderOf, type Placed } from './verify-order.ts'
import { type Check, tally, type VerifyReport } from './verify-report.ts'
import { prefixCheck, type SnapshotMark, snapshotMark } from './verify-snapshot.ts'

export interface VerifyOptions {
  /** Ends the look: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal
  /** Told now and then how many bytes were looked at, of how many. */
  readonly onProgress?: (doneBytes: number, allBytes: number) => void
}

/**
 * Checks a run of the logs folder: its lines, their order, its checksum, its snapshot and its blobs. Throws ERR_RUN_NOT_FOUND,
 * ERR_BAD_NAME, ERR_LOG_NEWER.
 */
export async function verifyRun(logs: string, run: string, options: VerifyOptions = {}): Promise<VerifyReport> {
  const folder = runFolder(logs, run)
  if (fileFacts(folder.events) === null) throw runNotFound(run, logs)
  // Asked first: what a writer adds afterwards is not looked at, and what it was in the middle of is no damage.
  const live = lockHolder(folder.path)
  const snapshot = snapshotMark(folder.path)
  const fd = openSync(folder.events, 'r')
  try {
    const seen = await look(fd, folder, snapshot, options)
    return { run, live: live === null ? false : live.alive, kept: keptPieces(folder.path), ...seen }
  } finally {
    closeSync(fd)
  }
}

type Seen = Omit<VerifyReport, 'run' | 'live' | 'kept'>

async function look(fd: number, folder: RunFolder, snapshot: SnapshotMark, { signal, onProgress }: VerifyOptions): Promise<Seen> {
  const size = fstatSync(fd).size
  const examiner = examine(blobChecker(folder.blobs))
  const mark = prefixCheck(snapshot)
  let [lines, tornBytes, told] = [0, 0, 0]
  for (const item of checkedLines(fd, size)) {
    if ('rest' in item) {
      tornBytes = item.rest.bytes
      continue
    }
    lines = item.line
    examiner.take(item)
    mark.passed(item)
    if (item.behind.bytes - told < TELL_BYTES) continue
    told = item.behind.bytes
    onProgress?.(told, size)
    await turn(undefined, signal === undefined ? {} : { signal })
  }
  const { checksum, outcome, found, endLine } = examiner.end()
  const witness = mark.verdict(checksum, found.sum().lastSeq)
  if (witness.damage !== null) found.add(witness.damage)
  // Where lines are broken a wrong checksum follows from it, and names no better place.
  if (checksum.result === 'differs' && found.first === null) found.add(checksumDamage(endLine, witness.trustedLines))
  const sum = found.sum()
  return {
    verdict: sum.damageCount === 0 ? 'whole' : 'damaged',
    bytes: size,
    lines,
    outcome,
    tornBytes,
    checksum,
    snapshot: witness.check,
    blobs: examiner.blobs.findings(),
    ...sum,
  }
}

/** So often somebody who waits is told, and may end it. */
const TELL_BYTES = 16 * 1024 * 1024
const NONE: Check = { result: 'none', of: null }

/** Takes the lines of a file, and knows at the end what is wrong with them. */
function examine(blobs: BlobChecker) {
  const order = orderOf()
  const facts = factsOf()
  const found = tally()
  let version = FORMAT_VERSION
  let checksum: Check = NONE
  let outcome: Outcome | null = null
  let endLine = 0
  /** Prefixes and texts of lines whose place is not decided yet: at most two. */
  let recent: (CheckedLine & { readonly text: string })[] = []

  const accept = (placed: Placed, gap: boolean): void => {
    const { placed: entry, line } = placed
    found.placed(entry.seq)
    const wrong = facts.take(placed, gap)
    if (wrong !== null) found.add(wrong)
    const from = recent.find((each) => each.line === line)
    const fault = blobs.check(from?.text ?? '', entry.data as Json)
    if (fault !== null) found.add(blobDamage(placed, fault))
    if (entry.type !== 'run_ended') return
    // Whatever it is by now.
    const data = entry.data as Partial<EventData['run_ended']> | null
    outcome = data?.outcome ?? null
    if (from === undefined) return
    checksum = checkOf(data, from.before)
    endLine = line
  }
  const settle = (items: readonly (Damage | Placed)[]): void => {
    let gap = false
    for (const item of items) {
      if ('placed' in item) accept(item, gap)
      else found.add(item)
      gap = !('placed' in item)
    }
  }
  return {
    blobs,
    take(checked: CheckedLine): void {
      const looked = lookAt(checked, version)
      if (looked.version !== null) version = looked.version
      recent = [...recent.slice(-1), { ...checked, text: looked.text }]
      settle(order.take(looked))
    },
    end() {
      settle(order.end())
      return { checksum, outcome, found, endLine }
    },
  }
}

function lookAt(
  { line, bytes, before }: CheckedLine,
  version: number,
): LookedAt & { readonly text: string; readonly version: number | null } {
  const at = { line, offset: before.bytes, text: '', version: null }
  if (bytes === null) return { ...at, entry: 'it is longer than any entry' }
  const read = decodeLine(
    { bytes, start: 0, end: bytes.length, offset: before.bytes, next: before.bytes + bytes.length + 1, cut: null },
    version,
  )
  return typeof read === 'string' ? { ...at, entry: read } : { ...at, ...read }
}

function checkOf(end: Partial<EventData['run_ended']> | null, before: Prefix): Check {
  const fits = endFits(end, before)
  return fits === null ? NONE : { result: fits ? 'ok' : 'differs', of: end?.checksum ?? null }
}

/** `trusted` is the last line that another checksum has found right. */
function checksumDamage(endLine: number, trusted: number): Damage {
  const [line, lines] = [trusted + 1, Math.max(0, endLine - trusted - 1)]
  const reason = 'they do not have the checksum that the end of the run gives: a byte of them, or of that checksum, was changed'
  return { kind: 'checksum', line, lines, certain: lines <= 1, offset: 0, after: null, before: null, lost: null, reason }
}

function blobDamage({ placed, line, offset }: Placed, reason: string): Damage {
  return { kind: 'blob', line, lines: 1, certain: true, offset, after: placed.seq - 1 || null, before: placed.seq + 1, lost: 1, reason }
}

function keptPieces(folder: string): VerifyReport['kept'] {
  return readdirSync(folder)
    .filter((name) => /^events\.torn(\.\d+)?$/.test(name))
    .map((file) => ({ file, bytes: statSync(join(folder, file)).size }))
}
