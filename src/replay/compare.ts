/**
 * A journal that compares instead of writing.
 *
 * C1 An output is looked up by scope, type, label and arguments, then without the arguments: an inserted call takes no
 *    other call's answer.
 * C2 Order is checked within a scope; with `exact` also across scopes.
 * C3 Barrier: before an input is handed over, everything recorded before it has been made again.
 * C4 Strict stops at the first difference; lenient goes on, with a stand-in for what the recording does not have.
 */
import { digest } from '../log/digest.ts'
import type { Draft, Entry, Json } from '../log/events.ts'
import { toJson } from '../log/json.ts'
import { labelOf } from '../log/label.ts'
import type { Inbox, Journal } from '../runtime/rim.ts'
import { equalsMasked } from './masked.ts'

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
  /** Everything that happened now, in order: inputs handed over and outputs made. */
  trace(): readonly Happened[]
}

interface Recorded {
  readonly what: Entry
  taken: boolean
  equal: boolean
}

/** @param recording every entry of a run in order of `seq`, blobs resolved. */
export function compareWith(recording: readonly Entry[], options: CompareOptions = {}): Comparison {
  const { exact = false, lenient = false, until = Number.POSITIVE_INFINITY } = options
  const outputs: Recorded[] = outputsOf(recording)
  const inputs = options.inputs ?? recording.filter((entry) => entry.by === 'world')
  // With inputs that were moved about, what was recorded between two of them says nothing.
  const hasBarriers = options.inputs === undefined
  const byKey = groupBy(outputs, ({ what }) => keyOf(what))
  const latest = new Map<string, number>()
  const equal = new Map<string, number>()
  const reached = new Map<string, number>()
  const sites = new Map<number, string>()
  const happened = happenings()
  const differences: Difference[] = []
  let beyondTime: string | null = null
  const counts = { matched: 0, delivered: 0, due: 0, surplus: 0 }

  const nextInput = (): Entry | undefined => {
    const entry = inputs[counts.delivered]
    return entry && entry.seq <= until ? entry : undefined
  }
  const horizon = () => (hasBarriers ? (inputs[counts.delivered]?.seq ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY)
  const isBeyondTheEnd = () => options.unfinished === true && counts.delivered === inputs.length
  const differ = (kind: DifferenceKind, recorded: Entry | null, now: Draft | null, site: string | null = null) => {
    const { scope, home } = placeOf(recorded ?? now)
    const after = (kind === 'missing' ? lastEqual(home) : equal.get(home)) ?? null
    const seq = recorded?.seq ?? Math.max(inputs[counts.delivered - 1]?.seq ?? 1, reached.get(home) ?? 1)
    differences.push({ kind, scope, seq, recorded, now, site, after })
  }
  /** Before the output that is due now. */
  const lastEqual = (home: string): number | undefined => {
    for (let at = counts.due - 1; at >= 0; at -= 1) {
      const { what, equal: isEqual } = outputs[at] as Recorded
      if (isEqual && homeOf(what) === home) return what.seq
    }
    return undefined
  }
  /** A new entry stands in for an output that the recording does not have: the program goes on. */
  const standIn = (draft: Draft): Entry => {
    counts.surplus += 1
    const time = beyondTime ?? inputs[counts.delivered - 1]?.time ?? recording[0]?.time ?? new Date(0).toISOString()
    return { ...draft, data: toJson(draft.data), seq: -counts.surplus, time } as Entry
  }
  const output = (draft: Draft, _payload?: unknown, site: string | null = null): Entry => {
    const data = toJson(draft.data)
    const found = pick(byKey.get(keyOf(draft)), data)
    if (!found) {
      if (!isBeyondTheEnd()) differ('extra', null, draft, site)
      const made = standIn(draft)
      happened.add(draft, made.seq)
      if (site !== null) sites.set(made.seq, site)
      return made
    }
    // What was skipped is missing; only what comes after a later one has changed places.
    const queue = exact ? '' : draft.scope
    const inPlace = found.what.seq > (latest.get(queue) ?? 0) && found.what.seq < horizon()
    latest.set(queue, Math.max(found.what.seq, latest.get(queue) ?? 0))
    found.taken = true
    reached.set(homeOf(draft), found.what.seq)
    if (site !== null) sites.set(found.what.seq, site)
    const isSame = equalsMasked(found.what.data as Json, data)
    // What is the same is kept once: a long recording is large enough.
    happened.add(isSame && draft.cause === found.what.cause ? found.what : draft, found.what.seq)
    if (!isSame) differ('changed', found.what, draft, site)
    else if (!inPlace) differ('reordered', found.what, draft, site)
    else {
      counts.matched += 1
      found.equal = true
      equal.set(homeOf(draft), found.what.seq)
    }
    return found.what
  }
  const note = (draft: Draft): void => {
    if (draft.type === 'warning' && draft.data.code === 'ERR_IO_IN_REPLAY') differ('leak', null, draft, draft.data.site ?? null)
  }
  const settled = () => {
    if (!hasBarriers && counts.delivered < inputs.length) return
    const limit = Math.min(horizon(), until + 1)
    for (; counts.due < outputs.length; counts.due += 1) {
      const recorded = outputs[counts.due] as Recorded
      if (recorded.what.seq > limit) return
      // After the last input of a recording that ends early, what is missing may have been cut off.
      if (!recorded.taken) differ('missing', recorded.what, null)
      recorded.taken = true
    }
  }
  return {
    trace: happened.list,
    differences: () => differences.toSorted((a, b) => a.seq - b.seq),
    matchedCount: () => counts.matched,
    deliveredCount: () => counts.delivered,
    siteOf: (seq) => sites.get(seq) ?? null,
    journal: {
      input(entry) {
        happened.add(entry, (entry as Entry).seq)
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
        if (entry || !isBeyondTheEnd() || differences.length > 0) return entry
        const more = options.beyond?.()
        beyondTime = more?.time ?? beyondTime
        return more
      },
    },
  }
}

function outputsOf(recording: readonly Entry[]): Recorded[] {
  return recording.flatMap((what) => (what.by === 'program' ? [{ what, taken: false, equal: false }] : []))
}

/** What happened, kept small: nearly all of it is the recording's own entries, which are known by their own `seq`. */
function happenings() {
  const all: (Entry | Draft)[] = []
  const others = new Map<number, number>()
  return {
    add(what: Entry | Draft, as: number): void {
      if ((what as Entry).seq !== as) others.set(all.length, as)
      all.push(what)
    },
    list: (): Happened[] => all.map((what, at) => ({ what, as: others.get(at) ?? (what as Entry).seq })),
  }
}

function placeOf(entry: Entry | Draft | null): { readonly scope: string; readonly home: string } {
  return entry ? { scope: entry.scope, home: homeOf(entry) } : { scope: '', home: '' }
}

/** The scope whose code makes an output: a child is made by its parent. */
export function homeOf({ scope, type }: Pick<Entry, 'scope' | 'type'>): string {
  return type === 'process_spawned' ? scope.slice(0, scope.lastIndexOf('/')) : scope
}

/** Recorded outputs in order; those before `from` are all taken. */
interface Queue {
  readonly items: Recorded[]
  from: number
  /** The same by the digest of their arguments, from the first time on that they do not come in order. */
  byDigest: Map<string, Queue> | null
}

/** The first one left with these arguments, else the first one left. */
function pick(queue: Queue | undefined, data: Json): Recorded | undefined {
  const first = firstLeft(queue)
  if (!queue || !first || equalsMasked(first.what.data as Json, data)) return first
  queue.byDigest ??= groupBy(queue.items.slice(queue.from), ({ what }) => digest(what.data as Json))
  return firstLeft(queue.byDigest.get(digest(data))) ?? first
}

function firstLeft(queue: Queue | undefined): Recorded | undefined {
  if (!queue) return undefined
  while (queue.items[queue.from]?.taken) queue.from += 1
  return queue.items[queue.from]
}

function keyOf(entry: Pick<Entry, 'scope' | 'type' | 'data' | 'agent'>): string {
  return `${entry.scope}\0${entry.type}\0${labelOf(entry)}`
}

function groupBy(items: readonly Recorded[], key: (item: Recorded) => string): Map<string, Queue> {
  const groups = new Map<string, Queue>()
  for (const item of items) {
    const name = key(item)
    const group = groups.get(name)
    if (group) group.items.push(item)
    else groups.set(name, { items: [item], from: 0, byDigest: null })
  }
  return groups
}
