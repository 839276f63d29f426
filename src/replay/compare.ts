/**
 * A journal that compares instead of writing.
 *
 * C1 An output is looked up by scope, type, label and arguments. What is found nowhere waits for the end of its turn: only
 *    then what is left of the same scope, type and label has other arguments. So an inserted call takes no other call's answer.
 * C2 Order is checked within a scope; with `exact` also across scopes.
 * C3 Barrier: before an input is handed over, everything recorded before it has been made again.
 * C4 Strict stops at the first difference; lenient goes on, with a stand-in for what the recording does not have.
 */
import type { Draft, Entry } from '../log/events.ts'
import { toJson } from '../log/json.ts'
import { textOf } from '../log/recorded.ts'
import type { Inbox, Journal } from '../runtime/rim.ts'
import { recordedOutputs } from './recorded-outputs.ts'

export type DifferenceKind = 'extra' | 'missing' | 'changed' | 'reordered' | 'leak'

export interface Difference {
  /** `extra`: only now. `missing`: only recorded. `changed`: other arguments. `reordered`: another place. `leak`: unrecorded I/O. */
  readonly kind: DifferenceKind
  readonly scope: string
  /** Where in the recording: of the recorded output, or of what it was made after. */
  readonly seq: number
  readonly recorded: Entry | null
  readonly now: Draft | null
  /** `file:line:column` of the program that made the output now, when sites were asked for. */
  readonly site: string | null
  /** `seq` of the last output by the same code that was equal and in place, null when there was none. */
  readonly after: number | null
  /** How many outputs were made before it, null when none is there now. */
  readonly nth: number | null
}

/** Something that happened now: an input that was handed over, or an output that was made. */
export interface Happened {
  readonly what: Entry | Draft
  /** The `seq` that the program knows it by: that of the recorded entry, negative when the recording has none. */
  readonly as: number
}

export interface CompareOptions {
  /** Compare the order across scopes too; default false. */
  readonly exact?: boolean
  /** Go on after the first difference; default false. */
  readonly lenient?: boolean
  /** Inputs in the order in which they are to be handed over; default the recorded ones. */
  readonly inputs?: readonly Entry[]
  /** The recording was cut off: what comes after its last input may be missing from it. Default false. */
  readonly unfinished?: boolean
  /** Hand over no input with a higher `seq`; default all. */
  readonly until?: number
  /** What is handed over after the last input of a recording that was cut off; undefined when there is no more. Default nothing. */
  readonly beyond?: () => Entry | undefined
  /** Called right before an input is handed over. */
  readonly onInput?: (entry: Entry) => void
  /** Which outputs to find the lines of, by how many were made before; default all, if any. */
  readonly nths?: ReadonlySet<number>
}

export interface Comparison {
  readonly journal: Journal
  readonly inbox: Inbox
  /** In the order of the recording. */
  differences(): readonly Difference[]
  /** Outputs found equal and in place. */
  matchedCount(): number
  /** Inputs handed over. */
  deliveredCount(): number
  /** Where the output with this `seq` was made, when sites were asked for. */
  siteOf(seq: number): string | null
  /** The recorded `seq` of an output that the program knows by this one; negative when the recording has none. */
  seqOf(seq: number): number
  /** How many outputs were made before that with this `seq`; -1 when it was not made. */
  nthOf(seq: number): number
  /** Everything that happened now, in order: inputs handed over and outputs made. */
  trace(): readonly Happened[]
}

/** An output that waits for the end of its turn. */
interface Unmatched {
  readonly draft: Draft
  readonly made: Entry
  /** Its place in what happened. */
  readonly place: number
  readonly nth: number
  readonly site: string | null
  /** What it came after, as in a Difference. */
  readonly seq: number
  readonly after: number | null
}

/** @param recording every entry of a run in order of `seq`, blobs resolved. */
export function compareWith(recording: readonly Entry[], options: CompareOptions = {}): Comparison {
  const { exact = false, lenient = false, until = Number.POSITIVE_INFINITY, nths } = options
  const outputs = recordedOutputs(recording)
  const inputs = options.inputs ?? recording.filter((entry) => entry.by === 'world')
  // With inputs that were moved about, what was recorded between two of them says nothing.
  const hasBarriers = options.inputs === undefined
  const latest = new Map<string, number>()
  const equal = new Map<string, number>()
  const reached = new Map<string, number>()
  /** The last equal output of each home before the one that is due now. */
  const dueEqual = new Map<string, number>()
  const sites = new Map<number, string>()
  const standIns: number[] = []
  const aliases = aliasing()
  const happened = happenings()
  const differences: Difference[] = []
  let unmatched: Unmatched[] = []
  let beyondTime: string | null = null
  const counts = { made: 0, matched: 0, delivered: 0, due: 0 }

  const nextInput = (): Entry | undefined => {
    const entry = inputs[counts.delivered]
    return entry && entry.seq <= until ? entry : undefined
  }
  const horizon = () => (hasBarriers ? (inputs[counts.delivered]?.seq ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY)
  const isBeyondTheEnd = () => options.unfinished === true && counts.delivered === inputs.length
  const nowAt = (home: string) => Math.max(inputs[counts.delivered - 1]?.seq ?? 1, reached.get(home) ?? 1)
  /** A new entry stands in for an output that the recording does not have: the program goes on. */
  const standIn = (draft: Draft, nth: number): Entry => {
    standIns.push(nth)
    const time = beyondTime ?? inputs[counts.delivered - 1]?.time ?? recording[0]?.time ?? new Date(0).toISOString()
    return { ...draft, data: toJson(draft.data), seq: -standIns.length, time } as Entry
  }
  const matched = (at: number, draft: Draft, nth: number, site: string | null): Entry => {
    const entry = outputs.entry(at)
    const { seq } = entry
    // What was skipped is missing; only what comes after a later one has changed places.
    const queue = exact ? '' : draft.scope
    const inPlace = seq > (latest.get(queue) ?? 0) && seq < horizon()
    latest.set(queue, Math.max(seq, latest.get(queue) ?? 0))
    const home = homeOf(draft)
    reached.set(home, seq)
    outputs.take(at, nth, inPlace)
    if (site !== null) sites.set(seq, site)
    // What is the same is kept once: a long recording is large enough.
    happened.add(draft.cause === entry.cause ? entry : draft, seq)
    if (inPlace) {
      counts.matched += 1
      equal.set(home, seq)
    } else {
      differences.push({
        kind: 'reordered',
        scope: entry.scope,
        seq,
        recorded: entry,
        now: draft,
        site,
        after: equal.get(home) ?? null,
        nth,
      })
    }
    return entry
  }
  const output: Journal['output'] = (draft, _payload, siteNow) => {
    const data = toJson(draft.data)
    const at = outputs.same(draft, data)
    // What no log takes is refused as it was live, and is no output.
    if (at === undefined) textOf(data, draft.type)
    const nth = counts.made
    counts.made += 1
    const site = nths === undefined || nths.has(nth) ? (siteNow?.() ?? null) : null
    if (at !== undefined) return matched(at, draft, nth, site)
    const made = standIn(draft, nth)
    if (site !== null) sites.set(made.seq, site)
    const home = homeOf(draft)
    const place = happened.add(draft, made.seq)
    unmatched.push({ draft, made, place, nth, site, seq: nowAt(home), after: equal.get(home) ?? null })
    return made
  }
  /** What is left over on both sides of a turn has changed; what only the program has is extra. */
  const pair = (limit: number): void => {
    const passed = new Map<string, number>()
    for (const { draft, made, place, nth, site, seq, after } of unmatched) {
      const at = outputs.alike(draft, limit)
      const home = homeOf(draft)
      const here = { scope: draft.scope, now: draft, site, after, nth }
      if (at === undefined) {
        if (!isBeyondTheEnd()) differences.push({ ...here, kind: 'extra', seq: Math.max(seq, passed.get(home) ?? 0), recorded: null })
        continue
      }
      const recorded = outputs.entry(at)
      outputs.take(at, nth, false)
      aliases.add(recorded.seq, made.seq)
      happened.rename(place, recorded.seq)
      if (site !== null) sites.set(recorded.seq, site)
      passed.set(home, recorded.seq)
      differences.push({ ...here, kind: 'changed', seq: recorded.seq, recorded })
    }
    unmatched = []
  }
  const settled = () => {
    const limit = Math.min(horizon(), until + 1)
    pair(limit)
    if (!hasBarriers && counts.delivered < inputs.length) return
    for (; counts.due < outputs.count; counts.due += 1) {
      const recorded = outputs.entry(counts.due)
      const { scope, seq } = recorded
      if (seq > limit) return
      const home = homeOf(recorded)
      if (outputs.isEqual(counts.due)) dueEqual.set(home, seq)
      if (outputs.isTaken(counts.due)) continue
      differences.push({ kind: 'missing', scope, seq, recorded, now: null, site: null, after: dueEqual.get(home) ?? null, nth: null })
      outputs.take(counts.due, -1, false)
    }
  }
  const note = (draft: Draft): void => {
    if (draft.type !== 'warning' || draft.data.code !== 'ERR_IO_IN_REPLAY') return
    const { scope, data } = draft
    const [site, after] = [data.site ?? null, equal.get(scope) ?? null]
    differences.push({ kind: 'leak', scope, seq: nowAt(scope), recorded: null, now: draft, site, after, nth: null })
  }
  return {
    trace: happened.list,
    differences: () => differences.toSorted((a, b) => a.seq - b.seq),
    matchedCount: () => counts.matched,
    deliveredCount: () => counts.delivered,
    siteOf: (seq) => sites.get(seq) ?? null,
    seqOf: aliases.recordedSeq,
    nthOf: (seq) => (seq < 0 ? standIns[-seq - 1] : outputs.nth(outputs.placeOf(seq))) ?? -1,
    journal: {
      input(entry) {
        happened.add(aliases.asRecorded(entry as Entry), (entry as Entry).seq)
        options.onInput?.(entry as Entry)
        return entry as Entry
      },
      output,
      note,
      settled,
    },
    inbox: {
      async next() {
        if (!lenient && differences.length > 0) return undefined
        const entry = nextInput()
        if (entry) counts.delivered += 1
        if (entry) return aliases.asNow(entry)
        if (!isBeyondTheEnd() || differences.length > 0) return undefined
        const more = options.beyond?.()
        beyondTime = more?.time ?? beyondTime
        return more
      },
    },
  }
}

/** The scope whose code makes an output: a child is made by its parent. */
export function homeOf({ scope, type }: Pick<Entry, 'scope' | 'type'>): string {
  return type === 'process_spawned' ? scope.slice(0, scope.lastIndexOf('/')) : scope
}

/** Questions that have changed were asked under another `seq` before that was known: their answers go there. */
function aliasing() {
  const made = new Map<number, number>()
  const recorded = new Map<number, number>()
  let last: { readonly now: Entry; readonly recorded: Entry } | null = null
  return {
    add(seq: number, now: number): void {
      made.set(seq, now)
      recorded.set(now, seq)
    },
    recordedSeq: (seq: number) => recorded.get(seq) ?? seq,
    asNow(entry: Entry): Entry {
      const cause = entry.cause === undefined ? undefined : made.get(entry.cause)
      if (cause === undefined) return entry
      last = { now: { ...entry, cause }, recorded: entry }
      return last.now
    },
    asRecorded: (entry: Entry) => (last?.now === entry ? last.recorded : entry),
  }
}

/** What happened, kept small: nearly all of it is the recording's own entries, which are known by their own `seq`. */
function happenings() {
  const all: (Entry | Draft)[] = []
  const others = new Map<number, number>()
  return {
    /** Returns its place. */
    add(what: Entry | Draft, as: number): number {
      if ((what as Entry).seq !== as) others.set(all.length, as)
      return all.push(what) - 1
    },
    rename: (place: number, as: number) => void others.set(place, as),
    list: (): Happened[] => all.map((what, at) => ({ what, as: others.get(at) ?? (what as Entry).seq })),
  }
}
