/**
 * Whether the lines of a log stand where they belong. Every entry has its place, 1, 2, 3 …, so what is unreadable, missing,
 * doubled or moved shows in the neighbours. Looks one line ahead, because one wrong `seq` must not make all after it wrong.
 */
import type { Entry } from './events.ts'

/** A complete line of the file, as far as it could be read. */
export interface LookedAt {
  /** Number of the line, 1 for the first. */
  readonly line: number
  /** Where the line starts in the file, bytes. */
  readonly offset: number
  /** The entry, or why there is none. */
  readonly entry: Entry | string
}

/** A place where a log is not what was written. */
export interface Damage {
  readonly kind: 'unreadable' | 'missing' | 'misplaced' | 'contradiction' | 'checksum' | 'snapshot' | 'blob'
  /** The first line that is, or may be, wrong. */
  readonly line: number
  /** How many lines there are from it on, up to the last that is or may be wrong. */
  readonly lines: number
  /** True when these lines are wrong, false when it is only known that one of them is. */
  readonly certain: boolean
  /** Where the first of them starts in the file, bytes. */
  readonly offset: number
  /** `seq` of the last good entry before, null at the start of the file. */
  readonly after: number | null
  /** `seq` of the first good entry behind, null at the end of the file. */
  readonly before: number | null
  /** Entries that are not there any more in their place; null when nobody can know, as at the end of a file. */
  readonly lost: number | null
  readonly reason: string
}

export interface Order {
  /** Takes the next line; returns damage that is certain now, and entries that stand where they belong, in order. */
  take(looked: LookedAt): readonly (Damage | Placed)[]
  end(): readonly (Damage | Placed)[]
}

/** An entry in its place. */
export interface Placed {
  readonly placed: Entry
  readonly line: number
  readonly offset: number
}

/** A checker for the lines of one file, from its first line on. */
export function orderOf(): Order {
  let last = 0
  let bad: Bad | null = null
  let waiting: Readable | null = null

  const settle = (next: Readable): (Damage | Placed)[] => {
    const lost = next.entry.seq - last - 1
    const damage = bad === null && lost === 0 ? [] : [damageOf(bad ?? missingAt(next, lost), last, next.entry.seq, lost)]
    bad = null
    last = next.entry.seq
    return [...damage, { placed: next.entry, line: next.line, offset: next.offset }]
  }
  const spoil = ({ line, offset }: LookedAt, kind: Bad['kind'], reason: string): void => {
    bad = bad === null ? { line, offset, lines: 1, kind, reason } : { ...bad, lines: bad.lines + 1 }
  }
  /** Decides about a line whose seq is not the next one, now that it is known what stands behind it. */
  const decide = (next: number | null): (Damage | Placed)[] => {
    if (waiting === null) return []
    const odd: Readable = waiting
    waiting = null
    const { seq } = odd.entry
    if (seq > last && (next === null || next > seq)) return settle(odd)
    spoil(odd, 'misplaced', seq > last ? `its seq is ${seq} where ${last + 1} belongs` : `its seq ${seq} does not follow ${last}`)
    return []
  }
  const fits = (seq: number): boolean => seq > last && seq <= last + 1 + (bad?.lines ?? 0)

  return {
    take(looked) {
      const { entry } = looked
      const told = decide(typeof entry === 'string' ? null : entry.seq)
      if (typeof entry === 'string') spoil(looked, 'unreadable', entry)
      else if (fits(entry.seq)) told.push(...settle({ ...looked, entry }))
      else waiting = { ...looked, entry }
      return told
    },
    end() {
      const told = decide(null)
      if (bad !== null) told.push(damageOf(bad, last, null, null))
      bad = null
      return told
    },
  }
}

interface Readable extends LookedAt {
  readonly entry: Entry
}

interface Bad {
  readonly kind: 'unreadable' | 'missing' | 'misplaced'
  readonly line: number
  readonly offset: number
  readonly lines: number
  readonly reason: string
}

function missingAt({ line, offset }: Readable, lost: number): Bad {
  return { kind: 'missing', line, offset, lines: 1, reason: `${lost} ${lost === 1 ? 'entry is' : 'entries are'} missing here` }
}

function damageOf({ kind, line, offset, lines, reason }: Bad, last: number, before: number | null, lost: number | null): Damage {
  return { kind, line, lines, certain: true, offset, after: last === 0 ? null : last, before, lost, reason }
}
