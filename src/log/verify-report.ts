/** What `verify` says of a run. Pure: it is told what was found and adds up. */
import type { Outcome, Prefix } from './events.ts'
import type { Damage } from './verify-order.ts'

export interface VerifyReport {
  readonly run: string
  /** `whole`: everything that can be checked is what was written. `damaged`: something is not, see `damage`. */
  readonly verdict: 'whole' | 'damaged'
  /** Bytes looked at: the size of the log when the look began. */
  readonly bytes: number
  /** Complete lines. */
  readonly lines: number
  /** Entries that stand in their place. */
  readonly entries: number
  readonly lastSeq: number
  /** How the run ended; null when its log has no end. */
  readonly outcome: Outcome | null
  /** Whether somebody still writes it; null when that cannot be known. */
  readonly live: boolean | null
  /** In the order of the file, at most `DAMAGE_MAX`; `damageCount` counts all. */
  readonly damage: readonly Damage[]
  readonly damageCount: number
  /** Entries that are known to be lost. */
  readonly lost: number
  /** First and last `seq` of stretches that can be read, at most `DAMAGE_MAX`. */
  readonly readable: readonly (readonly [first: number, last: number])[]
  /** Bytes behind the last complete line: an entry that was being written, and acknowledged to nobody. */
  readonly tornBytes: number
  /** The checksum in the run's last entry; `none` when there is no end, or it was recorded by a version that kept none. */
  readonly checksum: Check
  /** The checksum a snapshot beside the log was made with; `none` also where its maker had not read all of the log. */
  readonly snapshot: Check
  readonly blobs: BlobFindings
  /** Torn ends that earlier repairs set aside. */
  readonly kept: readonly { readonly file: string; readonly bytes: number }[]
}

export interface Check {
  /** `unreadable`: there is one, and it makes no sense. */
  readonly result: 'ok' | 'differs' | 'none' | 'unreadable'
  /** What it is the checksum of; null when there is none. */
  readonly of: Prefix | null
}

export interface BlobFindings {
  /** Blobs that entries refer to. */
  readonly referenced: number
  /** Those of them whose file has the right bytes. */
  readonly whole: number
  /** Files nobody refers to: what was kept for an entry that was never written. Null when there were too many to tell. */
  readonly unreferenced: number | null
}

/** More than these are only counted. */
const DAMAGE_MAX = 100

export interface Tally {
  add(damage: Damage): void
  placed(seq: number): void
  /** The first damage so far, or null. */
  readonly first: Damage | null
  sum(): Pick<VerifyReport, 'damage' | 'damageCount' | 'lost' | 'readable' | 'entries' | 'lastSeq'>
}

/** Counts what is found, and keeps the first of it. */
export function tally(): Tally {
  const damage: Damage[] = []
  const readable: [number, number][] = []
  let stretch: [number, number] | null = null
  let first: Damage | null = null
  let [damageCount, lost, entries, lastSeq] = [0, 0, 0, 0]
  return {
    get first() {
      return first
    },
    add(found) {
      damageCount += 1
      lost += found.lost ?? 0
      first ??= found
      if (damage.length < DAMAGE_MAX) damage.push(found)
    },
    placed(seq) {
      entries += 1
      if (stretch !== null && seq === lastSeq + 1) stretch[1] = seq
      else {
        stretch = [seq, seq]
        if (readable.length < DAMAGE_MAX) readable.push(stretch)
      }
      lastSeq = seq
    },
    sum: () => ({ damage: damage.toSorted((a, b) => a.offset - b.offset), damageCount, lost, readable, entries, lastSeq }),
  }
}
