/** Tells by the bytes of a line whether its entry may be wanted: most lines of a long log are passed over that way. */
import { type EnvelopeScanner, envelopeScanner } from '../log/envelope.ts'
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
  const scanner = envelopeScanner()
  return ({ bytes, start, end }) => {
    // What cannot be scanned is for the parser.
    if (!scanner.scan(bytes, start, end) || kept.has(scanner.type)) return true
    if (isType !== null && !isType(scanner.type)) return false
    // Who a message is from stands in its data.
    if (agents !== null && scanner.type !== 'message' && !agents.includes(scanner.agent ?? '')) return false
    if (where !== null && !where.mayHold(envelopeOf(scanner, bytes))) return false
    if (mayContain === null) return true
    const text = bytes.toString('latin1', start, end)
    // A text that is kept beside the log can hold anything.
    return mayContain(text) || text.includes('$blob"')
  }
}

function envelopeOf(scanner: EnvelopeScanner, bytes: Buffer): Envelope {
  const { seq, time, type, by, agent, aseq, cause, source, id } = scanner
  const given = { agent, aseq, cause, source, id }
  return { seq, time, type, by, ...given, scope: bytes.toString('latin1', scanner.scopeStart, scanner.scopeEnd) }
}
