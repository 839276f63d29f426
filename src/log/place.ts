import type { Draft, Entry, Json } from './events.ts'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** The entry that a draft becomes at its place, with its data as recorded. */
export function placed(draft: Draft, seq: number, time: string, data: Json): Entry {
  const entry = { seq, time, type: draft.type, by: draft.by, scope: draft.scope } as Mutable<Entry>
  if (draft.agent !== undefined) entry.agent = draft.agent
  if (draft.aseq !== undefined) entry.aseq = draft.aseq
  if (draft.cause !== undefined) entry.cause = draft.cause
  if (draft.source !== undefined) entry.source = draft.source
  if (draft.id !== undefined) entry.id = draft.id
  // The data is that of the draft, made JSON and masked, so it belongs to the draft's type.
  entry.data = data as never
  return entry
}

/** The clock as ISO text that never goes backwards; the text of the last millisecond is kept. */
export function forwardTime(openedAfter: string | null): (clockMs: number) => string {
  let lastMs = openedAfter === null ? Number.NEGATIVE_INFINITY : Date.parse(openedAfter)
  let text = openedAfter ?? ''
  return (clockMs) => {
    const ms = Math.floor(clockMs)
    if (ms > lastMs) {
      lastMs = ms
      text = new Date(ms).toISOString()
    }
    return text
  }
}
