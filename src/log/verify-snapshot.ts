/** The checksum that a snapshot beside the log was made with, as a second witness of what the log said up to there. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Position } from './store.ts'
import type { CheckedLine } from './verify-lines.ts'
import type { Damage } from './verify-order.ts'
import type { Check } from './verify-report.ts'

/** Where a snapshot was made; its maker may not have read everything before. */
export interface Mark extends Omit<Position, 'crc32'> {
  readonly crc32: number | null
}

/** `none` without a snapshot, `unreadable` for one that makes no sense. */
export type SnapshotMark = Mark | 'none' | 'unreadable'

/** Reads where the snapshot of a run's folder was made. */
export function snapshotMark(folder: string): SnapshotMark {
  try {
    const value: unknown = JSON.parse(readFileSync(join(folder, 'snapshot.json'), 'utf8'))
    return positionIn(value) ?? 'unreadable'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'none' : 'unreadable'
  }
}

export interface PrefixCheck {
  passed(line: CheckedLine): void
  /** What came of it. `checksum` is the run's own: where that is right, it is the snapshot that is wrong. */
  verdict(checksum: Check, lastSeq: number): Witness
}

export interface Witness {
  readonly check: Check
  readonly damage: Damage | null
  /** So many lines from the first on are known to be what was written. */
  readonly trustedLines: number
}

/** Compares while the lines go by. */
export function prefixCheck(mark: SnapshotMark): PrefixCheck {
  if (mark === 'none' || mark === 'unreadable') {
    const check: Check = { result: mark, of: null }
    return { passed: () => {}, verdict: () => ({ check, damage: null, trustedLines: 0 }) }
  }
  const passed: CheckedLine[] = []
  return {
    passed(line) {
      if (passed.length === 0 && line.behind.bytes >= mark.bytes) passed.push(line)
    },
    verdict: (checksum, lastSeq) => verdictAt(mark, passed[0] ?? null, checksum, lastSeq),
  }
}

/** `at` is the line that reaches the snapshot's place, null when none does. */
function verdictAt(mark: Mark, at: CheckedLine | null, checksum: Check, lastSeq: number): Witness {
  // It bears witness to the length at least.
  if (mark.crc32 === null) return { check: UNCHECKED, damage: at === null && mark.bytes > 0 ? cutAt(mark, lastSeq) : null, trustedLines: 0 }
  const of = { bytes: mark.bytes, crc32: mark.crc32 }
  if (at?.behind.bytes === mark.bytes && at.behind.crc32 === mark.crc32) {
    return { check: { result: 'ok', of }, damage: null, trustedLines: at.line }
  }
  const isOverruled = checksum.result === 'ok' && checksum.of !== null && mark.bytes <= checksum.of.bytes
  const damage = isOverruled ? null : at === null ? cutAt(mark, lastSeq) : changedBefore(mark, at)
  return { check: { result: 'differs', of }, damage, trustedLines: 0 }
}

const UNCHECKED: Check = { result: 'none', of: null }

function positionIn(value: unknown): Mark | null {
  const { position } = value as { position?: Partial<Mark> }
  const { seq, bytes, crc32 } = position ?? {}
  return isCount(seq) && isCount(bytes) && (crc32 === null || isCount(crc32)) ? { seq, bytes, crc32 } : null
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function cutAt(mark: Mark, lastSeq: number): Damage {
  const lost = Math.max(0, mark.seq - lastSeq)
  const reason = `the log was longer when its snapshot was made: it went to byte ${mark.bytes} and entry ${mark.seq}`
  return {
    kind: 'snapshot',
    line: lastSeq + 1,
    lines: 0,
    certain: true,
    offset: mark.bytes,
    after: lastSeq || null,
    before: null,
    lost,
    reason,
  }
}

function changedBefore(mark: Mark, { line }: CheckedLine): Damage {
  const reason = `the first ${line} lines do not have the checksum that their snapshot was made with: one of them was changed since`
  return { kind: 'snapshot', line: 1, lines: line, certain: line === 1, offset: 0, after: null, before: mark.seq + 1, lost: null, reason }
}
