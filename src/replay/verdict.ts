/** The answer of a replay as data: everything that the report says, and nothing else, follows from it. */
import type { Draft, Entry, Json, JsonObject, Outcome } from '../log/events.ts'
import { labelOf } from '../log/label.ts'
import type { ChangedLines } from '../log/store.ts'
import { becauseOf, entryAt, type Link } from './because.ts'
import type { CodeChange } from './code-change.ts'
import { type Difference, type DifferenceKind, homeOf } from './compare.ts'
import { changesBetween, type FieldChange } from './field-changes.ts'
import type { Reason, Recording } from './recording.ts'
import type { Rerun } from './rerun.ts'
import { type Suspect, suspectsIn } from './suspects.ts'
import type { Waiting } from './waiting.ts'

/** `stuck`: it waits for something that no record will ever deliver. `outcome`: the root ends otherwise. */
export type DivergenceClass = DifferenceKind | 'outcome' | 'stuck'

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

export interface After {
  readonly seq: number
  readonly type: string
  readonly label: string
  readonly site: Site | null
}

export interface Divergence {
  readonly class: DivergenceClass
  readonly scope: string
  /** Where in the recording. */
  readonly seq: number
  readonly recorded: Side | null
  readonly now: Side | null
  /** For `changed` and `outcome`: which fields of `data` differ; `source` for what an event is said to come from. */
  readonly changes: readonly FieldChange[]
  /**
   * The line that made the output now. For what a function returned or threw: the line that threw, gave the handler or
   * called the child. Null when nothing was made, or when no line is known.
   */
  readonly site: Site | null
  /** The last output of the scope that was equal and in place. */
  readonly after: After | null
  /** What led to it: from the input in hand back to a message or the start. */
  readonly because: readonly Link[]
}

/** Another root call of the program, answered from its own recording. */
export interface OtherRoot {
  readonly process: string
  readonly run: string
  readonly site: Site | null
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
  /** Whether two replays of this program came to the same; null when there was nothing to ask. */
  readonly reruns: 'agree' | 'disagree' | null
  /** What the recording did not catch, could not hold or masked: what to suspect first. */
  readonly suspects: readonly Suspect[]
  /** Only with `cannot_tell`. */
  readonly reason: Reason | null
  /** Only with `pastEnd`: what the program came to after the end of its recording; null when it waits for ever. */
  readonly past_end?: Rerun['outcome']
  /** Only when the program called others before: they were not run, their recorded results were given. */
  readonly other_roots?: readonly OtherRoot[]
  /** Only when the program called the process with other arguments than were recorded: the recorded ones were given. */
  readonly new_arguments?: readonly FieldChange[]
  /** Only when the recording was changed since it was written, and `edited` allowed that: among which lines. */
  readonly edited?: ChangedLines
  /** Only when the new behaviour was to be accepted and there was one: the new recording, or why there is none. */
  readonly accepted?: { readonly run: string } | { readonly refused: Reason }
}

/** The verdict on a rerun. @param reruns whether another one came to the same. */
export function verdictOf(recording: Recording, again: Rerun, code: CodeChange, reruns: Verdict['reruns'] = null): Verdict {
  const found = sideBySide(again.differences).map((difference) => divergenceOf(recording, again, difference))
  const divergences = isStuck(recording, again, found) ? [stuckOf(recording, again, found[0])] : found
  const differs = divergences.length > 0
  return {
    ...base(recording, code),
    verdict: differs ? 'diverged' : 'identical',
    rerun: { delivered: again.deliveredCount, matched: again.matchedCount, ended: again.ended },
    divergences,
    waiting: again.waiting.map(({ site, ...waiting }) => ({ ...waiting, site: siteOf(site) })),
    cause: differs ? causeOf(code, reruns) : null,
    reruns: differs ? reruns : null,
    suspects: differs ? suspectsIn(recording.entries, divergences[0]?.seq ?? 0) : [],
  }
}

function causeOf(code: CodeChange, reruns: Verdict['reruns']): Verdict['cause'] {
  if (reruns === 'disagree') return 'nondeterminism'
  if (code.changed.length > 0) return 'code_change'
  return code.known ? 'nondeterminism' : 'unknown'
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
    reruns: null,
    suspects: [],
  }
  const known = recording ? base(recording, code) : empty
  return { ...empty, ...known, verdict: 'cannot_tell', rerun: { delivered: 0, matched: 0, ended: false }, reason }
}

const NOTHING = { agents: 0, network: 0, effects: 0 } as const

function base({ run, header, entries, outcome, changed }: Recording, code: CodeChange) {
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
    ...(changed && { edited: changed }),
  }
}

/**
 * What is only there now and what is missing beside it are one difference with two sides: the program took another way at
 * that place. What comes too early where something is missing is what it does instead. What happens inside a child that
 * only one side has is no difference of its own.
 */
function sideBySide(differences: readonly Difference[]): readonly Difference[] {
  const paired = new Set<Difference>()
  const queues = byKindAndHome(differences)
  const partner = (of: Difference, kind: DifferenceKind) => {
    const queue = queues.get(`${kind} ${home(of)}`) ?? []
    while (queue.length > 0) {
      const found = queue.pop()
      if (found === undefined || paired.has(found)) continue
      paired.add(found)
      return found
    }
    return undefined
  }
  const children = new Set(differences.filter(isOneSidedChild).map(({ scope }) => scope))
  return differences.flatMap((difference) => {
    if (paired.has(difference) || isInsideOf(children, difference)) return []
    if (difference.kind === 'extra') {
      const other = partner(difference, 'missing')
      return other ? [{ ...difference, recorded: other.recorded, seq: other.seq }] : [difference]
    }
    if (difference.kind !== 'missing') return [difference]
    const instead = partner(difference, 'extra') ?? partner(difference, 'reordered')
    return [
      instead
        ? { ...difference, kind: instead.kind === 'extra' ? instead.kind : difference.kind, now: instead.now, site: instead.site }
        : difference,
    ]
  })
}

/** Each in reverse, so that the first is the next to be taken. */
function byKindAndHome(differences: readonly Difference[]): Map<string, Difference[]> {
  const queues = new Map<string, Difference[]>()
  for (const each of differences.toReversed()) {
    const key = `${each.kind} ${home(each)}`
    const queue = queues.get(key)
    if (queue) queue.push(each)
    else queues.set(key, [each])
  }
  return queues
}

function isInsideOf(children: ReadonlySet<string>, difference: Difference): boolean {
  const { scope } = difference
  if (children.has(scope) && !isOneSidedChild(difference)) return true
  for (let end = scope.lastIndexOf('/'); end > 0; end = scope.lastIndexOf('/', end - 1)) if (children.has(scope.slice(0, end))) return true
  return false
}

function isOneSidedChild({ kind, recorded, now }: Difference): boolean {
  return (kind === 'extra' || kind === 'missing') && (recorded ?? now)?.type === 'process_spawned'
}

function home({ recorded, now }: Difference): string {
  const output = recorded ?? now
  return output ? homeOf(output) : ''
}

function divergenceOf(recording: Recording, again: Rerun, difference: Difference): Divergence {
  const { kind, scope, seq, recorded, now, site } = difference
  const isRootEnd = scope === `/${recording.header.data.process}#0` && [recorded, now].some((side) => side !== null && ENDS.has(side.type))
  const changes = recorded && now && kind === 'changed' ? changesIn(recorded, now) : []
  const leak = recorded && kind !== 'leak' ? wokenBy(recording, recorded) : null
  return {
    class: leak ? 'leak' : isRootEnd && kind !== 'reordered' ? 'outcome' : kind,
    scope,
    seq,
    recorded: sideOf(recorded),
    now: sideOf(now),
    changes,
    site: siteOf(site ?? leak),
    after: afterOf(recording, again, difference.after),
    because: becauseOf(recording.entries, recorded?.cause ?? now?.cause ?? (kind === 'leak' ? seq : undefined)),
  }
}

/** Only events have a source, and no field of that name. */
function changesIn(recorded: Entry, now: Draft): readonly FieldChange[] {
  const changes = changesBetween(recorded.data as Json, now.data as Json)
  return recorded.source === now.source ? changes : [...changes, { path: 'source', recorded: recorded.source, now: now.source }]
}

function afterOf({ entries }: Recording, again: Rerun, seq: number | null): After | null {
  const entry = seq === null ? undefined : entryAt(entries, seq)
  return entry ? { seq: entry.seq, type: entry.type, label: labelOf(entry), site: siteOf(again.siteOf(entry.seq)) } : null
}

/** The line at which something unrecorded had the recorded program go on, right before this output; null when nothing had. */
function wokenBy({ entries }: Recording, recorded: Entry): string | null {
  const before = entryAt(entries, recorded.seq - 1)
  const isWake = before?.type === 'warning' && before.data.code === 'ERR_UNRECORDED_WAKE' && before.scope === recorded.scope
  return isWake ? (before.data.site ?? null) : null
}

const ENDS: ReadonlySet<string> = new Set(['process_done', 'process_failed', 'process_cancelled'])

/** It had everything that was recorded, made nothing that was not, and did not end. */
function isStuck({ outcome }: Recording, again: Rerun, found: readonly Divergence[]): boolean {
  const hasMadeAll = found.every(({ now, class: kind }) => now === null && kind !== 'leak')
  return hasMadeAll && !again.ended && outcome !== null && again.deliveredCount === again.inputCount
}

function stuckOf(recording: Recording, again: Rerun, missing: Divergence | undefined): Divergence {
  const [first] = again.waiting
  const seq = missing?.seq ?? recording.entries.at(-1)?.seq ?? 1
  const now: Side | null = first ? { type: first.kind, label: first.label, agent: null, data: {} } : null
  const scope = first?.scope ?? `/${recording.header.data.process}#0`
  const { recorded = null, after = null, because = [] } = missing ?? {}
  return { class: 'stuck', scope, seq, recorded, now, changes: [], site: siteOf(first?.site ?? null), after, because }
}

function sideOf(entry: Entry | Draft | null): Side | null {
  if (!entry) return null
  return { type: entry.type, label: labelOf(entry as Entry), agent: entry.agent ?? null, data: entry.data as JsonObject }
}

/** `file:line:column` in its parts; null for what is no such text. */
export function siteOf(site: string | null): Site | null {
  const [, file, line, column] = /^(.*):(\d+):(\d+)$/.exec(site ?? '') ?? []
  return file === undefined ? null : { file, line: Number(line), column: Number(column) }
}
