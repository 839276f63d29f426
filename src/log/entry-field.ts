/** What a fold may ask of an entry without having all of it parsed. Nothing of Node is in here: pages in a browser fold as well. */
import type { Entry } from './events.ts'

/** An entry that can tell some things from the bytes of its line. */
export abstract class Scanned {
  /** `Date.parse` of its time. */
  abstract readonly timeMs: number
  /** As `data[key]`. */
  abstract field(key: string): unknown
  /** As `data[key][inner]`; undefined when `data[key]` is no object. */
  abstract fieldInside(key: string, inner: string): unknown
}

/**
 * `entry.data[key]`, taken from the bytes of its line where that does without parsing the rest. For fields that stand first in
 * data of frequent entries; what comes after them in the line is then not looked at.
 */
export function fieldOf<E extends Entry, K extends keyof E['data'] & string>(entry: E, key: K): E['data'][K] {
  return entry instanceof Scanned ? (entry.field(key) as E['data'][K]) : (entry.data as E['data'])[key]
}

/** `entry.data[key][inner]` as `fieldOf` takes it; undefined when there is no object under `key`. */
export function fieldInside(entry: Entry, key: string, inner: string): unknown {
  return entry instanceof Scanned ? entry.fieldInside(key, inner) : inside((entry.data as { readonly [key: string]: unknown })[key], inner)
}

/** `value[key]` of an object; undefined of anything else. */
export function inside(value: unknown, key: string): unknown {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? (value as { readonly [key: string]: unknown })[key] : undefined
}

/** `Date.parse(entry.time)` where the bytes have told it, else null. */
export function scannedMs(entry: Entry): number | null {
  return entry instanceof Scanned ? entry.timeMs : null
}
