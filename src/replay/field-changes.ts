/** Which fields of two JSON values differ. */
import type { Json } from '../log/events.ts'

export interface FieldChange {
  /** `code`, `error.message`, `args.0`; empty for the whole value. */
  readonly path: string
  /** Undefined where the field is missing. */
  readonly recorded: Json | undefined
  readonly now: Json | undefined
}

/** More differences than that are a different value: the rest is left out. */
const CHANGES_MAX = 20

/** Leaves that differ, in the order of the recorded value's fields. */
export function changesBetween(recorded: Json, now: Json): readonly FieldChange[] {
  const changes: FieldChange[] = []
  collect(recorded, now, '', changes)
  return changes
}

function collect(recorded: Json | undefined, now: Json | undefined, path: string, changes: FieldChange[]): void {
  if (changes.length >= CHANGES_MAX) return
  if (!isContainer(recorded) || !isContainer(now) || Array.isArray(recorded) !== Array.isArray(now)) {
    if (!Object.is(recorded, now)) changes.push({ path, recorded, now })
    return
  }
  for (const key of new Set([...Object.keys(recorded), ...Object.keys(now)])) {
    collect(field(recorded, key), field(now, key), path === '' ? key : `${path}.${key}`, changes)
  }
}

type Container = { readonly [key: string]: Json } | readonly Json[]

function isContainer(value: Json | undefined): value is Container {
  return typeof value === 'object' && value !== null
}

function field(value: Container, key: string): Json | undefined {
  return Object.hasOwn(value, key) ? (value as { readonly [key: string]: Json })[key] : undefined
}
