/**
 * The live journal: every entry goes to the log, and reaches the rim only after it was written.
 *
 * J1 Nothing leaves before it is written: the rim is told of an entry after the flush that wrote it, in order; when the
 *    store promises the disk, after the disk has it. Neither puts an `await` into what a program can see.
 * J2 An input and all that its turn concludes are one write, at the end of the turn.
 * J3 Nothing follows the end of the run: what code that goes on concludes is refused, what is noticed of it is dropped.
 */
import type { RunLog } from '../log/append.ts'
import { errorData } from '../log/error-data.ts'
import type { Draft, Entry } from '../log/events.ts'
import { isTooLarge } from '../log/recorded.ts'
import { scopeClosed } from './errors.ts'
import type { Journal } from './rim.ts'

export interface LiveJournalOptions {
  readonly log: RunLog
  /** Told of each written entry, with the payload its output came with. Never throws. */
  readonly written: (entry: Entry, payload: unknown) => void
  /** True once the end of the run was appended; default: never. */
  readonly isOver?: () => boolean
}

export function liveJournal({ log, written, isOver = () => false }: LiveJournalOptions): Journal {
  const payloads = new Map<number, unknown>()
  const agentSeqs = new Map<string, number>()
  /** Entries of an agent's own stream count 1, 2, 3 … per agent; notes of the runtime are not part of it. */
  const append = (draft: Draft): Entry => {
    if (draft.agent === undefined || draft.by === 'runtime') return log.append(draft)
    const aseq = (agentSeqs.get(draft.agent) ?? 0) + 1
    const entry = log.append({ ...draft, aseq })
    agentSeqs.set(draft.agent, aseq)
    return entry
  }
  log.onWritten((entries) => {
    for (const entry of entries) {
      const payload = payloads.get(entry.seq)
      payloads.delete(entry.seq)
      written(entry, payload)
    }
  })
  return {
    input(draft) {
      log.hold()
      return appendOr(append, draft as Draft)
    },
    output(draft, payload) {
      if (isOver()) throw scopeClosed(`'${draft.type}'`, draft.scope)
      const entry = append(draft)
      if (payload !== undefined) payloads.set(entry.seq, payload)
      return entry
    },
    note: (draft) => void (isOver() || append(draft)),
    settled() {
      log.flush()
      return log.room() ?? undefined
    },
  }
}

const ANSWERS: ReadonlySet<string> = new Set(['exec_result', 'file_read', 'step_result'])

/** An answer that is too large to be recorded becomes the error that says so: its asker must not wait for ever. */
function appendOr(append: (draft: Draft) => Entry, draft: Draft): Entry {
  try {
    return append(draft)
  } catch (error) {
    if (!isTooLarge(error) || !ANSWERS.has(draft.type)) throw error
    return append({ ...draft, data: { error: errorData(error) } } as Draft)
  }
}
