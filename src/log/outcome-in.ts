import type { Entry, EntryOf } from './events.ts'

/** The end of a run, when an entry is one and says how: of a log that was edited it may say anything. */
export function endIn(entry: Entry | null): EntryOf<'run_ended'> | null {
  if (entry?.type !== 'run_ended') return null
  const data = entry.data as Partial<typeof entry.data> | null
  return typeof data?.outcome === 'string' ? entry : null
}
