/** Tells by the bytes of a line whether its entry may be wanted: most lines of a long log are passed over that way. */
import type { EntryCursor } from '../log/entry-cursor.ts'
import { lineCursor } from '../log/line-cursor.ts'
import type { Sieve } from '../log/store.ts'
import { jsonMayContain } from '../projections/glob-json.ts'
import type { Envelope, Where } from '../projections/where.ts'

/** What is wanted; null where it does not matter. */
export interface Wanted {
  readonly agents: readonly string[] | null
  readonly isType: ((type: string) => boolean) | null
  readonly where: Where | null
  readonly grep: string | null
}

/** Lets through every line that may be wanted, and those of the types in `kept`; undefined when it would let everything through. */
export function entrySieve({ agents, isType, where, grep }: Wanted, kept: ReadonlySet<string>): Sieve | undefined {
  const mayContain = grep === null ? null : jsonMayContain(grep)
  if (agents === null && isType === null && where === null && mayContain === null) return undefined
  const goTo = lineCursor()
  return ({ bytes, start, end }) => {
    const line = goTo(bytes, start, end)
    // What cannot be scanned is for the parser.
    if (line === null || kept.has(line.type)) return true
    if (isType !== null && !isType(line.type)) return false
    // Who a message is from stands in its data.
    if (agents !== null && line.type !== 'message' && !agents.includes(line.agent ?? '')) return false
    if (where !== null && !where.mayHold(envelopeOf(line))) return false
    if (mayContain === null) return true
    const text = bytes.toString('latin1', start, end)
    // A text that is kept beside the log can hold anything.
    return mayContain(text) || text.includes('$blob"')
  }
}

function envelopeOf({ seq, time, type, by, scope, agent, aseq, cause, source, id }: EntryCursor): Envelope {
  return { seq, time, type, by, scope, agent, aseq, cause, source, id }
}
