/** What stands above the picture of a run: how it is, what it cost, what went wrong. */
import { attention } from '../projections/attention.ts'
import type { Overview } from '../projections/overview.ts'
import { lastTimeOf } from '../projections/run.ts'
import type { Secrets } from './rescan.ts'

export interface Summary {
  readonly v: 1
  readonly run: string
  readonly process: string | null
  readonly program: string | null
  /** `running`, an outcome, `orphaned` or `unknown`; of a counterexample that did not end, how its simulation came out. */
  readonly status: string
  readonly live: boolean
  readonly startedAt: string | null
  readonly endedAt: string | null
  readonly entriesCount: number
  readonly agentsCount: number
  readonly processesCount: number
  /** Null when nobody reported any. */
  readonly tokens: number | null
  readonly costNanoUsd: number | null
  readonly unpricedCount: number
  /** The value it returned, or the error it ended with, as JSON text of at most 2,000 characters; null for neither. */
  readonly result: string | null
  readonly problems: readonly SummaryProblem[]
  readonly problemsDroppedCount: number
  /** One sentence for each stretch of the log that could not be read, a hundred at most. */
  readonly unreadable: readonly string[]
  readonly unreadableCount: number
  readonly secrets: Secrets
  readonly ramure: string
  readonly exportedAt: string
}

export interface SummaryProblem {
  readonly kind: string
  readonly who: string
  readonly message: string
  readonly seq: number
}

export interface SummaryFacts {
  readonly run: string
  readonly state: Overview
  /** Whether anybody still writes the run; null when that cannot be known. */
  readonly alive: boolean | null
  /** ISO 8601. */
  readonly now: string
  readonly unreadable: readonly string[]
  readonly unreadableCount: number
  readonly secrets: Secrets
  readonly version: string
}

export function summaryOf({ run, state, alive, now, version, ...rest }: SummaryFacts): Summary {
  const { usage, processes } = state
  const live = state.run.endedAt === null && alive === true
  return {
    v: 1,
    run,
    process: state.run.process,
    program: state.run.program,
    status: statusOf(state, alive),
    live,
    startedAt: state.run.startedAt,
    endedAt: state.run.endedAt ?? (live ? null : lastTimeOf(state.run)),
    entriesCount: state.run.eventsCount,
    agentsCount: state.agents.byName.size + state.agents.droppedCount,
    processesCount: processes.byPath.size + processes.droppedCount,
    tokens: usage.total.reportsCount === 0 ? null : usage.total.totalTokens,
    costNanoUsd: usage.total.pricedCount === 0 ? null : usage.total.costNanoUsd,
    unpricedCount: usage.total.unpricedCount,
    result: resultOf(state),
    problems: [
      ...vanished(state, alive),
      ...attention(state, now, { live }).map(({ kind, who, message, seq }) => ({ kind, who, message, seq })),
    ],
    problemsDroppedCount: state.problems.droppedCount,
    ...rest,
    ramure: version,
    exportedAt: now,
  }
}

const RESULT_CHARS_MAX = 2000

function statusOf({ run }: Overview, alive: boolean | null): string {
  if (run.endedAt !== null) return run.status
  if (run.counterexample !== null) return run.counterexample.outcome
  if (alive === null) return 'unknown'
  return alive ? 'running' : 'orphaned'
}

/** No entry says so: a run whose process was killed wrote nothing more. */
function vanished({ run }: Overview, alive: boolean | null): readonly SummaryProblem[] {
  if (run.endedAt !== null || run.counterexample !== null || alive !== false) return []
  return [
    {
      kind: 'orphaned',
      who: run.process ?? 'run',
      message: run.lastSeq === 0 ? EMPTY : 'no end was recorded and nobody writes it any more: its process vanished after this entry',
      seq: run.lastSeq,
    },
  ]
}

const EMPTY = 'its log is empty and nobody writes it any more: its process vanished before the first entry'

function resultOf({ run }: Overview): string | null {
  if (run.error !== undefined) return `${run.error.name}: ${run.error.message}`.slice(0, RESULT_CHARS_MAX)
  return run.result === undefined ? null : JSON.stringify(run.result).slice(0, RESULT_CHARS_MAX)
}
