/** What may go wrong in a property, each kind by its name. */
import { RamureError } from '../../log/error.ts'

export interface Faults {
  /** An agent ends as a process that crashes, before or after it has answered. */
  readonly crash?: boolean
  /** Agents fall silent, one or all of them, for a while or for good. */
  readonly silence?: boolean
  /** A call is delivered twice (the same call id), or made again with the same arguments (another one). */
  readonly duplicateCall?: boolean
  /** Any agent may be first, commands take their time, agents call a tool while another call is open. On unless set to false. */
  readonly reorder?: boolean
  /** A connection is lost and comes back, within the agent's grace window or after it. */
  readonly disconnect?: boolean
  /** A tool is called with arguments that its schema forbids. */
  readonly forbiddenArguments?: boolean
  /** A tool is called that the agent was never given: it gets an error as its answer. */
  readonly toolError?: boolean
  /** Commands fail, or never answer. */
  readonly exec?: boolean
  /** Functions of `step()` throw, never answer, or begin late. */
  readonly steps?: boolean
  /** Endpoints of the root process are called from outside, with any arguments that their schemas allow. */
  readonly endpointCalls?: boolean
  /** Timers of the program fire late, up to a minute, or 1 ms early as Node's may. */
  readonly timers?: boolean
  /** The runtime is killed and its log ends there: it must load, fold and replay. `run.outcome` is `killed`. */
  readonly killAt?: boolean
  /** The log cannot be written any more: the run must end at once. `run.outcome` is `log_dead`. */
  readonly diskFull?: boolean
}

export type FaultKind = keyof Faults

const FAULT_KINDS = [
  'crash',
  'silence',
  'duplicateCall',
  'reorder',
  'disconnect',
  'forbiddenArguments',
  'toolError',
  'exec',
  'steps',
  'endpointCalls',
  'timers',
  'killAt',
  'diskFull',
] as const satisfies readonly FaultKind[]

/** The kinds that are on. Throws ERR_FAULT for a name that is none. */
export function faultKinds(given: Faults | 'all'): ReadonlySet<FaultKind> {
  if (given === 'all') return new Set(FAULT_KINDS)
  const known: ReadonlySet<string> = new Set(FAULT_KINDS)
  const unknown = Object.keys(given).find((name) => !known.has(name))
  if (unknown !== undefined)
    throw new RamureError('ERR_FAULT', `There is no fault '${unknown}'.`, { hint: `There are ${FAULT_KINDS.join(', ')}.` })
  return new Set(FAULT_KINDS.filter((kind) => given[kind] ?? kind === 'reorder'))
}
