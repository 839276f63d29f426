/** Moments as people name them. */
import { RamureError } from '../log/error.ts'
import { parseDurationMs } from './figures.ts'
import { plain } from './text.ts'

export interface Now {
  /** Wall clock, ms since 1970. */
  readonly ms: number
  /** IANA name of the zone that days and clock times are meant in. */
  readonly timeZone: string
}

/**
 * The moment that `text` names for the option called `option`, ms since 1970: `5m` ago, `yesterday` (its midnight), `03:12`
 * (the last time the clock showed it), `2026-11-20`, or ISO 8601. Throws ERR_USAGE.
 */
export function momentOf(option: string, text: string, now: Now): number {
  const words = text.trim()
  const ago = parseDurationMs(words)
  const ms = ago === null ? (dayOf(words, now) ?? clockOf(words, now) ?? dateOf(words, now)) : now.ms - ago
  if (Number.isFinite(ms)) return ms
  throw new RamureError('ERR_USAGE', `--${option} ${JSON.stringify(plain(text, 80))} is neither a duration nor a moment.`, {
    hint: `for example  --${option} 5m, 2h, 1d, yesterday, 03:12, 2026-11-20 or 2026-11-20T03:12:40Z`,
  })
}

function dayOf(words: string, now: Now): number | null {
  const back = words === 'today' ? 0 : words === 'yesterday' ? 1 : null
  if (back === null) return null
  const { year, month, day } = wallOf(now.ms, now.timeZone)
  return zoned({ year, month, day: day - back, hour: 0, minute: 0, second: 0 }, now.timeZone)
}

function clockOf(words: string, now: Now): number | null {
  const [, hour, minute, second = '0'] = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/.exec(words) ?? []
  if (hour === undefined) return null
  const { year, month, day } = wallOf(now.ms, now.timeZone)
  const at = (back: number) =>
    zoned({ year, month, day: day - back, hour: Number(hour), minute: Number(minute), second: Number(second) }, now.timeZone)
  return at(0) <= now.ms ? at(0) : at(1)
}

/** ISO 8601 with its zone. */
const ISO = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?\s?(?:Z|[+-]\d\d:?\d\d)$/i

/** A date, or a date and a time, without a zone is meant in `now`'s. */
function dateOf(words: string, now: Now): number {
  const [, year, month, day, hour = '00', minute = '00', second = '00'] =
    /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?)?$/.exec(words) ?? []
  if (year === undefined) return ISO.test(words) ? Date.parse(words) : Number.NaN
  if (Number.isNaN(Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`))) return Number.NaN
  return zoned(
    { year: Number(year), month: Number(month), day: Number(day), hour: Number(hour), minute: Number(minute), second: Number(second) },
    now.timeZone,
  )
}

interface Wall {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

/** When the clocks of a zone show `wall`. Where they skip it, the moment they skip to; where they show it twice, one of the two. */
function zoned(wall: Wall, timeZone: string): number {
  const guess = utc(wall)
  const first = guess - offsetMs(guess, timeZone)
  return guess - offsetMs(first, timeZone)
}

function offsetMs(ms: number, timeZone: string): number {
  return utc(wallOf(ms, timeZone)) - Math.floor(ms / 1000) * 1000
}

function utc({ year, month, day, hour, minute, second }: Wall): number {
  return Date.UTC(year, month - 1, day, hour, minute, second)
}

function wallOf(ms: number, timeZone: string): Wall {
  const options = { timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric' } as const
  const parts = new Intl.DateTimeFormat('en', { ...options, hour: 'numeric', minute: 'numeric', second: 'numeric' }).formatToParts(ms)
  const part = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((each) => each.type === type)?.value)
  return {
    year: part('year'),
    month: part('month'),
    day: part('day'),
    hour: part('hour'),
    minute: part('minute'),
    second: part('second'),
  }
}
