/**
 * The live journal: every entry goes to the log, and reaches the rim only after it was written.
 *
 * J1 Nothing leaves before it is written: the rim is told of an entry after the flush that wrote it, in order; when the
 *    store promises the disk, after the disk has it. Neither puts an `await` into what a program can see.
 * J2 An input and all that its turn concludes are one write, at the end of the turn.
 */
import type { RunLog } from '../log/append.ts'
import type { Draft, Entry } from '../log/events.ts'
import type { Journal } from './rim.ts'

export interface LiveJournalOptions {
  readonly log: RunLog
  /** Told of each written entry, with the payload its output came with. Never throws. */
  readonly written: (entry: Entry, payload: unknown) => void
}

export function liveJournal({ log, written }: LiveJournalOptions): Journal {
  const payloads = new Map<number, unknown>()
  const agentSeqs = new Map<string, number>()
  const append = (draft: Draft): Entry => log.append(numbered(draft, agentSeqs))
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
      return append(draft as Draft)
    },
    output(draft, payload) {
      const entry = append(draft)
      if (payload !== undefined) payloads.set(entry.seq, payload)
      return entry
    },
    note: (draft) => void append(draft),
    settled() {
      log.flush()
      return log.room() ?? undefined
    },
  }
}

/** Entries of an agent's own stream count 1, 2, 3 … per agent; notes of the runtime are not part of it. */
function numbered(draft: Draft, agentSeqs: Map<string, number>): Draft {
  if (draft.agent === undefined || draft.by === 'runtime') return draft
  const aseq = (agentSeqs.get(draft.agent) ?? 0) + 1
  agentSeqs.set(draft.agent, aseq)
  return { ...draft, aseq }
}
