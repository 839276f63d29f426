/** The answer of a replay as data: everything that the report says, and nothing else, follows from it. */
import type { Draft, Entry, Json, JsonObject, Outcome } from '../log/events.ts'
import { labelOf } from '../log/label.ts'
import { becauseOf, type Link } from './because.ts'
import type { CodeChange } from './code-change.ts'
import type { Difference, DifferenceKind } from './compare.ts'
import { changesBetween, type FieldChange } from './field-changes.ts'
import type { Reason, Recording } from './recording.ts'
import type { Rerun } from './rerun.ts'
import type { Waiting } from './waiting.ts'

/** `stuck`: it waits for something that no record will ever deliver. `outcome`: the root ends otherwise. */
export type DivergenceClass = DifferenceKind | 'outcome' | 'stuck' | 'log_corrupt'

export interface Site {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** One side of a divergence: an output as it was recorded, or as it was made now. */
export interface Side {
  readonly type: string
  readonly label: string
  readonly agent: string | null
  readonly data: Json
}

export interface Divergence {
  readonly class: DivergenceClass
  readonly scope: string
  /** Where in the recording. */
  readonly seq: number
  readonly recorded: Side | null
  readonly now: Side | null
  /** For `changed` and `outcome`: which fields of `data` differ. */
  readonly changes: readonly FieldChange[]
  /** The line that made the output now, or null when it is not known. */
  readonly site: Site | null
  /** What led to it: from the input in hand back to a message or the start. */
  readonly because: readonly Link[]
}

export interface Verdict {
  /** Version of this object. */
  readonly v: 1
  readonly verdict: 'identical' | 'diverged' | 'cannot_tell'
  readonly run: string
  readonly process: string | null
  readonly program: string | null
  readonly recorded: {
    readonly entries: number
    readonly inputs: number
    readonly outputs: number
    readonly outcome: Outcome | null
    readonly duration_ms: number | null
  }
  readonly rerun: { readonly delivered: number; readonly matched: number; readonly ended: boolean }
  /** What a replay does not do, counted: always zero. */
  readonly started: { readonly agents: 0; readonly network: 0; readonly effects: 0 }
  /** First in the order of the recording; one unless `--lenient`. */
  readonly divergences: readonly Divergence[]
  readonly waiting: readonly (Omit<Waiting, 'site'> & { readonly site: Site | null })[]
  readonly code: CodeChange
  /** Why they differ, as far as that can be told; null when they do not. */
  readonly cause: 'code_change' | 'nondeterminism' | 'unknown' | null
  /** Lines whose input or output the recording did not catch: what to suspect first. */
  readonly suspects: readonly { readonly what: string; readonly site: string }[]
  /** Only with `cannot_tell`. */
  readonly reason: Reason | null
  /** Only when the new behaviour was to be accepted and there was one: the new recording, or why there is none. */
  readonly accepted?: { readonly run: string } | { readonly refused: Reason }
}

/** The verdict on a rerun. */
export function verdictOf(recording: Recording, again: Rerun, code: CodeChange): Verdict {
  const divergences = sideBySide(again.differences).map((difference) => divergenceOf(recording, difference))
  const stuck =
    divergences.length === 0 && !again.ended && recording.outcome !== null && again.deliveredCount === again.inputCount
      ? [stuckOf(recording, again)]
      : []
  const all = [...divergences, ...stuck]
  const suspects = suspectsOf(recording)
  return {
    ...base(recording, code),
    verdict: all.length > 0 ? 'diverged' : 'identical',
    rerun: { delivered: again.deliveredCount, matched: again.matchedCount, ended: again.ended },
    divergences: all,
    waiting: again.waiting.map(({ site, ...waiting }) => ({ ...waiting, site: siteOf(site) })),
    cause: all.length === 0 ? null : code.changed.length > 0 ? 'code_change' : code.known ? 'nondeterminism' : 'unknown',
    suspects: all.length === 0 ? [] : suspects,
  }
}

/** The verdict when nothing could be compared. */
export function cannotTell(run: string, reason: Reason, recording: Recording | null = null): Verdict {
  const nothing = { entries: 0, inputs: 0, outputs: 0, outcome: null, duration_ms: null }
  const code: CodeChange = { known: false, commit: null, changed: [] }
  const empty = {
    v: 1 as const,
    run,
    process: null,
    program: null,
    recorded: nothing,
    started: NOTHING,
    divergences: [],
    waiting: [],
    code,
    cause: null,
    suspects: [],
  }
  const known = recording ? base(recording, code) : empty
  return { ...empty, ...known, verdict: 'cannot_tell', rerun: { delivered: 0, matched: 0, ended: false }, reason }
}

const NOTHING = { agents: 0, network: 0, effects: 0 } as const

function base({ run, header, entries, outcome }: Recording, code: CodeChange) {
  const count = (by: Entry['by']) => entries.reduce((sum, entry) => sum + (entry.by === by ? 1 : 0), 0)
  const last = entries.at(-1)
  const duration_ms = last ? Date.parse(last.time) - Date.parse(header.time) : null
  return {
    v: 1 as const,
    run,
    process: header.data.process,
    program: header.data.program,
    recorded: { entries: entries.length, inputs: count('world'), outputs: count('program'), outcome, duration_ms },
    started: NOTHING,
    code,
    reason: null,
  }
}

/**
 * What is only there now and what is missing beside it are one difference with two sides: the program took another way at
 * that place.
 */
function sideBySide(differences: readonly Difference[]): readonly Difference[] {
  const paired = new Set<Difference>()
  return differences.flatMap((difference) => {
    if (paired.has(difference)) return []
    if (difference.kind !== 'extra') return [difference]
    const other = differences.find((each) => each.kind === 'missing' && each.scope === difference.scope && !paired.has(each))
    if (!other) return [difference]
    paired.add(other)
    return [{ ...difference, recorded: other.recorded, seq: other.seq }]
  })
}

function divergenceOf(recording: Recording, difference: Difference): Divergence {
  const { kind, scope, seq, recorded, now, site } = difference
  const isRootEnd = scope === `/${recording.header.data.process}#0` && [recorded, now].some((side) => side !== null && ENDS.has(side.type))
  const changes = recorded && now && kind === 'changed' ? changesBetween(recorded.data as Json, now.data as Json) : []
  return {
    class: isRootEnd && kind !== 'reordered' ? 'outcome' : kind,
    scope,
    seq,
    recorded: sideOf(recorded),
    now: sideOf(now),
    changes,
    site: siteOf(site),
    because: becauseOf(recording.entries, recorded?.cause ?? (kind === 'extra' || kind === 'leak' ? seq : undefined)),
  }
}

const ENDS: ReadonlySet<string> = new Set(['process_done', 'process_failed', 'process_cancelled'])

function stuckOf(recording: Recording, again: Rerun): Divergence {
  const [first] = again.waiting
  const seq = recording.entries.at(-1)?.seq ?? 1
  const side: Side | null = first ? { type: first.kind, label: first.label, agent: null, data: {} } : null
  const scope = first?.scope ?? `/${recording.header.data.process}#0`
  return { class: 'stuck', scope, seq, recorded: null, now: side, changes: [], site: siteOf(first?.site ?? null), because: [] }
}

function sideOf(entry: Entry | Draft | null): Side | null {
  if (!entry) return null
  return { type: entry.type, label: labelOf(entry as Entry), agent: entry.agent ?? null, data: entry.data as JsonObject }
}

function siteOf(site: string | null): Site | null {
  const [, file, line, column] = /^(.*):(\d+):(\d+)$/.exec(site ?? '') ?? []
  return file === undefined ? null : { file, line: Number(line), column: Number(column) }
}

function suspectsOf({ entries }: Recording): Verdict['suspects'] {
  return entries.flatMap((entry) => {
    if (entry.type !== 'warning' || entry.data.site === undefined) return []
    return [{ what: entry.data.message.split(' ', 1)[0] ?? entry.data.code, site: entry.data.site }]
  })
}
