/** What `gc` would remove, and why the rest stays. Pure: it is told what there is and what time it is. */
import type { Outcome } from './events.ts'

/** A folder among the logs, as it was found. */
export interface Found {
  readonly run: string
  /** Bytes of everything in it. */
  readonly bytes: number
  /** When something was last written to its log: the file's own time, or that of its last entry where that is later. Ms since 1970. */
  readonly lastMs: number
  /** How the run ended, `orphaned` when its writer is gone and it has no end, `unreadable` when nothing tells. */
  readonly how: Outcome | 'unreadable'
  /** Whether somebody writes it; null when that cannot be known from here. */
  readonly live: boolean | null
  readonly process: string | null
}

/** Something among the logs that is not surely a run: never touched. */
export interface Odd {
  readonly name: string
  readonly why: string
}

export interface GcRules {
  /** Runs that were last written before this stay no longer, ms since 1970. */
  readonly beforeMs: number
  /** Whether runs that failed, timed out, vanished or cannot be read stay whatever their age. */
  readonly keepFailed: boolean
}

export interface Kept extends Found {
  readonly why: 'live' | 'unknown writer' | 'young' | 'failed'
}

export interface GcPlan {
  /** Oldest first. */
  readonly remove: readonly Found[]
  readonly kept: readonly Kept[]
}

/** Sorts what was found into what goes and what stays. When in doubt it stays. */
export function planGc(found: readonly Found[], rules: GcRules): GcPlan {
  const remove: Found[] = []
  const kept: Kept[] = []
  for (const each of found) {
    const why = whyKept(each, rules)
    if (why === null) remove.push(each)
    else kept.push({ ...each, why })
  }
  return { remove: remove.toSorted((a, b) => a.lastMs - b.lastMs), kept }
}

function whyKept({ live, lastMs, how }: Found, { beforeMs, keepFailed }: GcRules): Kept['why'] | null {
  if (live === true) return 'live'
  if (live === null) return 'unknown writer'
  // Written so that a time that is no number counts as young.
  if (!(lastMs < beforeMs)) return 'young'
  return keepFailed && how !== 'completed' && how !== 'cancelled' ? 'failed' : null
}
