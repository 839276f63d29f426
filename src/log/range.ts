/** Which part of a run is wanted, by `seq` and by time. Both only rise along a log, so a part is one stretch of it. */
import { RamureError } from './error.ts'

/** All bounds are inclusive; times are as entries have them, null where there is no bound. */
export interface Range {
  readonly from: number
  readonly to: number
  readonly since: string | null
  readonly until: string | null
}

/** Where an entry is; its time may be empty for a range without times. */
export interface Spot {
  readonly seq: number
  readonly time: string
}

/** The range of options whose times are any ISO 8601 text. Throws ERR_BAD_TIME. */
export function rangeOf(options: {
  readonly from?: number
  readonly to?: number
  readonly since?: string
  readonly until?: string
}): Range {
  const { from = 1, to = Infinity, since, until } = options
  return { from, to, since: asEntryTime('since', since), until: asEntryTime('until', until) }
}

/** Whether the range has a bound by time. */
export function isTimed({ since, until }: Range): boolean {
  return since !== null || until !== null
}

/** True from the first entry of the range on. */
export function isReached({ from, since }: Range, { seq, time }: Spot): boolean {
  return seq >= from && (since === null || time >= since)
}

/** True behind the last entry of the range. */
export function isPassed({ to, until }: Range, { seq, time }: Spot): boolean {
  return seq > to || (until !== null && time > until)
}

function asEntryTime(name: string, text: string | undefined): string | null {
  if (text === undefined) return null
  const ms = Date.parse(text)
  if (!Number.isNaN(ms)) return new Date(ms).toISOString()
  throw new RamureError('ERR_BAD_TIME', `"${name}" is ${JSON.stringify(text)}, which is not a time.`, {
    hint: 'Times are ISO 8601, for example 2026-11-21T09:41:07.123Z.',
  })
}
