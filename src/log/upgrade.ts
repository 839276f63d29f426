import { FORMAT_VERSION, type JsonObject } from './events.ts'

/** Turns a line of one format version into a line of the next. */
export type Upgrade = (line: JsonObject) => JsonObject

/** By the version a line was written in. Format 1 is the first, so there is nothing to upgrade yet. */
export const UPGRADES: ReadonlyMap<number, Upgrade> = new Map()

/** Brings a line up to the current format, one version at a time. Returns null when a step is missing from the table. */
export function upgrade(line: JsonObject, version: number, table: ReadonlyMap<number, Upgrade> = UPGRADES): JsonObject | null {
  for (let from = version; from < FORMAT_VERSION; from += 1) {
    const step = table.get(from)
    if (step === undefined) return null
    line = step(line)
  }
  return line
}
