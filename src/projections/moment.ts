/** Times of entries as numbers. Folds compare two for most entries, and `Date.parse` takes several times as long. */

import { scannedMs } from '../log/entry-field.ts'
import type { Entry } from '../log/events.ts'

/** When an entry was appended, ms since 1970; `otherwise` when its time is none, as in a log that was edited. */
export function msOfEntry(entry: Entry, otherwise: number): number {
  const ms = scannedMs(entry) ?? msOf(entry.time)
  return Number.isNaN(ms) ? otherwise : ms
}

/** `Date.parse` of a time, fast for those that a log has: `2026-11-21T09:41:07.123Z`. */
export function msOf(time: string): number {
  if (!isShaped(time)) return Date.parse(time)
  const year = pair(time, 0) * 100 + pair(time, 2)
  const month = pair(time, 5)
  const day = pair(time, 8)
  const hour = pair(time, 11)
  const minute = pair(time, 14)
  const second = pair(time, 17)
  const ms = pair(time, 20) * 10 + digit(time, 22)
  // What is not a digit makes NaN, which no comparison accepts; the last days of months are left to those who know them.
  const isPlain = month >= 1 && month <= 12 && day >= 1 && day <= 28 && hour < 24 && minute < 60 && second < 60 && year >= 0 && ms >= 0
  return isPlain ? ((daysBefore(year, month, day) * 24 + hour) * 60 + minute) * 60_000 + second * 1000 + ms : Date.parse(time)
}

/** The text of a time in milliseconds, as a log has it. */
export function textOfMs(ms: number): string {
  return new Date(ms).toISOString()
}

/** `0000-00-00T00:00:00.000Z`, mark by mark: a loop over them takes as long as all the rest. */
function isShaped(time: string): boolean {
  return (
    time.length === 24 &&
    time.charCodeAt(4) === DASH &&
    time.charCodeAt(7) === DASH &&
    time.charCodeAt(10) === LETTER_T &&
    time.charCodeAt(13) === COLON &&
    time.charCodeAt(16) === COLON &&
    time.charCodeAt(19) === POINT &&
    time.charCodeAt(23) === LETTER_Z
  )
}

const [DASH, COLON, POINT, LETTER_T, LETTER_Z] = [0x2d, 0x3a, 0x2e, 0x54, 0x5a]

function pair(text: string, at: number): number {
  return digit(text, at) * 10 + digit(text, at + 1)
}

function digit(text: string, at: number): number {
  const value = text.charCodeAt(at) - 48
  return value >= 0 && value <= 9 ? value : Number.NaN
}

/** Days from 1970-01-01 to a day of the Gregorian calendar, with years that begin in March so that the leap day is their last. */
function daysBefore(year: number, month: number, day: number): number {
  const from = month <= 2 ? year - 1 : year
  const era = Math.floor(from / 400)
  const yearOfEra = from - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}
