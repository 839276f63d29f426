/** Two runs side by side as data. */
import type { Entry } from '../log/events.ts'
import { lastTimeOf } from '../projections/run.ts'
import type { DiffKind, RunDiff } from '../replay/run-diff.ts'
import type { LoadedRun } from './load.ts'
import { statusOf } from './status-word.ts'

export interface DiffSide {
  /** What the run is called in commands. */
  readonly name: string
  readonly loaded: LoadedRun
}

export interface ShownDifference {
  readonly kind: DiffKind
  readonly scope: string
  readonly a: Entry | null
  readonly b: Entry | null
}

export function diffData(diff: RunDiff, a: DiffSide, b: DiffSide, entries: readonly (readonly [Entry | null, Entry | null])[]) {
  const [left, right] = [totals(a), totals(b)]
  const differences = diff.differences.map(({ kind, home, a: at, b: other }) => ({ kind, scope: home, a: at, b: other }))
  const shown = entries.map(([one, other], index): ShownDifference => {
    const { kind = 'changed', scope = '' } = differences[index] ?? {}
    return { kind, scope, a: one, b: other }
  })
  return {
    same: differences.length === 0 && left.outcome === right.outcome,
    a: left,
    b: right,
    same_count: diff.sameCount,
    compared: diff.comparedCount,
    prefix_count: diff.prefixCount,
    first: shown[0] ? { ...shown[0], instead: instead(shown) } : null,
    counts: {
      changed: differences.filter(({ kind }) => kind === 'changed').length,
      reordered: differences.filter(({ kind }) => kind === 'reordered').length,
      only_a: differences.filter(({ kind }) => kind === 'only_a').length,
      only_b: differences.filter(({ kind }) => kind === 'only_b').length,
    },
    differences,
    shown,
    deltas: {
      duration_ms: minus(right.duration_ms, left.duration_ms),
      tokens: minus(right.tokens, left.tokens),
      cost_usd: minus(right.cost_usd, left.cost_usd),
      events: minus(right.events, left.events),
    },
  }
}

export type DiffData = ReturnType<typeof diffData>

/** What the other run did in that place of the same scope: for something that only one of them did. */
function instead([first, ...others]: readonly ShownDifference[]): Entry | null {
  if (first?.kind === 'only_a') return others.find(({ kind, scope }) => kind === 'only_b' && scope === first.scope)?.b ?? null
  if (first?.kind === 'only_b') return others.find(({ kind, scope }) => kind === 'only_a' && scope === first.scope)?.a ?? null
  return null
}

function totals({ name, loaded }: DiffSide) {
  const { run, state } = loaded
  const { total } = state.usage
  const calls = [...state.calls.finished.values()].filter(({ kind }) => kind === 'tool' || kind === 'endpoint')
  return {
    run,
    name,
    outcome: statusOf(loaded),
    process: state.run.process,
    events: state.run.eventsCount,
    /** Stretches of its log that cannot be read: what stood there is not compared. */
    unreadable: loaded.unreadable.length,
    duration_ms: state.run.durationMs ?? between(state.run.startedAt, lastTimeOf(state.run)),
    /** Null when nothing was reported: unknown, not nothing. */
    tokens: total.reportsCount === 0 ? null : total.totalTokens,
    cost_usd: total.pricedCount === 0 ? null : total.costNanoUsd / 1e9,
    unpriced: total.unpricedCount,
    calls_ok: calls.reduce((sum, { ok }) => sum + ok, 0),
    calls_failed: calls.reduce((sum, { failed }) => sum + failed, 0),
  }
}

function between(from: string | null, to: string | null): number | null {
  return from === null || to === null ? null : Math.max(0, Date.parse(to) - Date.parse(from))
}

function minus(later: number | null, earlier: number | null): number | null {
  return later === null || earlier === null ? null : later - earlier
}
