/** Entries in words for pages and traces: the same words that `tail` uses, with nothing hostile in them. */
import type { Entry } from '../log/events.ts'
import { type CallContext, type Described, describe, unknown } from './describe.ts'
import { isDetail } from './entry-filter.ts'
import { plain } from './text.ts'

export interface SaidEntry extends Described {
  /** True for what `tail` folds unless it is asked for. */
  readonly detail: boolean
}

/** Characters of an entry's text that are kept: more is seen when it is opened. */
const CHARS_MAX = 200

/** Never throws, whatever the log holds. */
export function sayEntry(entry: Entry, answered: CallContext): SaidEntry {
  const { tone, glyph, word, text, side } = safely(entry, answered)
  return { tone, glyph, word: plain(word, 64), text: plain(text, CHARS_MAX), side: plain(side, 120), detail: isDetailSafely(entry) }
}

function safely(entry: Entry, answered: CallContext): Described {
  try {
    return describe(entry, answered, CHARS_MAX)
  } catch {
    return unknown(entry, CHARS_MAX)
  }
}

function isDetailSafely(entry: Entry): boolean {
  try {
    return isDetail(entry)
  } catch {
    return false
  }
}
