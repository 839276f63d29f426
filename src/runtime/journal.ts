/**
 * The live journal: every entry goes to the log, and reaches the rim only after it was written.
 *
 * J1 Nothing leaves before it is written: the rim is told of an entry after the flush that wrote it, in order.
 * J2 With `durability: 'disk'` it is told after the disk has it. Neither puts an `await` into what a program can see.
 */
import type { RunLog } from '../log/append.ts'
import type { Draft, Entry } from '../log/events.ts'
import type { Journal } from './rim.ts'

export interface LiveJournalOptions {
  readonly log: RunLog
  /** Wait for the disk before anything leaves; default false. */
  readonly durable?: boolean
  /** Told of each written entry, with the payload its output came with. Never throws. */
  readonly written: (entry: Entry, payload: unknown) => void
}

export function liveJournal({ log, durable = false, written }: LiveJournalOptions): Journal {
  const payloads = new Map<number, unknown>()
  const agentSeqs = new Map<string, number>()
  const append = (draft: Draft): Entry => log.append(numbered(draft, agentSeqs))
  const tell = (entries: readonly Entry[]) => {
    for (const entry of entries) {
      const payload = payloads.get(entry.seq)
      payloads.delete(entry.seq)
      written(entry, payload)
    }
  }
  log.onWritten((entries) => {
    if (durable)
      log.flushed().then(
        () => tell(entries),
        () => {},
      )
    else tell(entries)
  })
  return {
    input: (draft) => append(draft as Draft),
    output(draft, payload) {
      const entry = append(draft)
      if (payload !== undefined) payloads.set(entry.seq, payload)
      return entry
    },
    note: (draft) => void append(draft),
    settled: () => void log.flush(),
  }
}

/** Entries of an agent's own stream count 1, 2, 3 … per agent; notes of the runtime are not part of it. */
function numbered(draft: Draft, agentSeqs: Map<string, number>): Draft {
  if (draft.agent === undefined || draft.by === 'runtime') return draft
  const aseq = (agentSeqs.get(draft.agent) ?? 0) + 1
  agentSeqs.set(draft.agent, aseq)
  return { ...draft, aseq }
}
