/** Whether entries that stand in their places agree with each other: times, counts of agents, causes, the first line. */
import { EVENT_TYPES } from './events.ts'
import type { Damage, Placed } from './verify-order.ts'

export interface Facts {
  /** What contradicts an entry that was taken before. `gap` says that entries before this one are lost. */
  take(placed: Placed, gap: boolean): Damage | null
}

/** A checker for the entries of one log, in order. Holds one place per agent. */
export function factsOf(): Facts {
  const counts = new Map<string, Counted>()
  let above: Placed | null = null
  let isWhole = true
  return {
    take(placed, gap) {
      const { placed: entry, line, offset } = placed
      if (gap) isWhole = false
      const counted = counts.get(entry.agent ?? '') ?? UNCOUNTED
      const wrong = alone(placed) ?? timeFault(placed, above) ?? countFault(placed, counted, isWhole)
      if (wrong !== null) isWhole = false
      above = placed
      if (entry.agent !== undefined && entry.aseq !== undefined) counts.set(entry.agent, { aseq: entry.aseq, line, offset })
      return wrong
    },
  }
}

/** An agent's last entry. */
interface Counted {
  readonly aseq: number
  readonly line: number
  readonly offset: number
}

interface At {
  readonly line: number
  readonly offset: number
}

const UNCOUNTED: Counted = { aseq: 0, line: 1, offset: 0 }
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/** What is wrong with an entry whatever the others say. */
function alone(placed: Placed): Damage | null {
  const { seq, time, type, cause, data } = placed.placed
  const said = (reason: string) => contradiction(placed, placed, reason)
  if (!TIME.test(time) || Number.isNaN(Date.parse(time))) return said(`its time ${JSON.stringify(time.slice(0, 40))} is none`)
  if (seq === 1 && type !== 'run_started') return said(`a log begins with run_started, not with ${type.slice(0, 40)}`)
  if (seq !== 1 && type === 'run_started') return said('a log has one run_started, in its first line')
  if (KNOWN_TYPES.has(type) && !isFields(data)) return said(`its data are not those of ${type}`)
  return cause !== undefined && cause >= seq ? said(`its cause ${cause} comes after it`) : null
}

/** Types of the future may have any data. */
const KNOWN_TYPES: ReadonlySet<string> = new Set(EVENT_TYPES)

function isFields(data: unknown): boolean {
  return typeof data === 'object' && data !== null && !Array.isArray(data)
}

function timeFault(placed: Placed, above: Placed | null): Damage | null {
  const [time, before] = [placed.placed.time, above?.placed.time ?? '']
  return above === null || time >= before ? null : contradiction(above, placed, `the time goes backwards from ${before} to ${time}`)
}

/** Behind lost entries the counts of agents may have holes; backwards they never go. */
function countFault(placed: Placed, counted: Counted, isWhole: boolean): Damage | null {
  const { agent, aseq } = placed.placed
  if (agent === undefined || aseq === undefined) return null
  const expected = counted.aseq + 1
  if (aseq === expected || (aseq > expected && !isWhole)) return null
  return contradiction(counted, placed, `the count of ${agent.slice(0, 80)} goes from aseq ${counted.aseq} to ${aseq}`)
}

/** An entry contradicts what stands above it from the line `from` on: one of them is wrong. */
function contradiction(from: At, { placed: { seq }, line }: Placed, reason: string): Damage {
  const lines = line - from.line + 1
  const after = seq === 1 ? null : seq - 1
  return { kind: 'contradiction', line: from.line, lines, certain: lines === 1, offset: from.offset, after, before: seq, lost: 0, reason }
}
