/**
 * Two runs side by side: what both decided and were told, what only one of them did, and where they first went apart.
 *
 * D1 Entries are alike by scope, type and label. What a scope has in common at its beginning and its end is paired first; in
 *    between those with the same arguments, in order, then the others: an inserted call takes no other call's partner.
 * D2 Order counts within a scope, not across scopes; in which order agents leave that were asked to go is chance.
 * D3 What differs between any two runs is not looked at: ids, durations, the names of machines, what agents tell of
 *    themselves between two calls.
 */
import type { Entry, Json } from '../log/events.ts'
import { labelOf } from '../log/label.ts'

/** One entry as far as it is compared. */
export interface DiffStep {
  readonly seq: number
  /** Scope, type and label. */
  readonly key: string
  /** Scope whose code or whose agent it belongs to. */
  readonly home: string
  readonly digest: string
  /** True when its place among the others of its scope says nothing. */
  readonly isLoose?: boolean
}

export type DiffKind = 'changed' | 'only_a' | 'only_b' | 'reordered'

export interface RunDifference {
  readonly kind: DiffKind
  readonly home: string
  /** `seq` in each run; null where there is none. */
  readonly a: number | null
  readonly b: number | null
}

export interface RunDiff {
  /** Pairs that are the same and in the same order. */
  readonly sameCount: number
  /** How many entries of each run were compared. */
  readonly comparedCount: { readonly a: number; readonly b: number }
  /** How many of the first run's compared entries come before the first difference; all of them when there is none. */
  readonly prefixCount: number
  /** In the order in which a reader of the first run meets them. */
  readonly differences: readonly RunDifference[]
}

/** Reports of agents about themselves, and the runtime's own steps towards an agent. */
const NOT_COMPARED: ReadonlySet<string> = new Set<Entry['type']>([
  'register',
  'message_applied',
  'agent_activity',
  'turn_start',
  'turn_end',
  'message_start',
  'message_end',
  'pi_tool_start',
  'pi_tool_end',
  'pi_tool_result',
  'usage',
])

/** Gives the steps of a run one by one. @param digest short name of a value: equal values, equal names. */
export function stepper(digest: (value: Json) => string): (entry: Entry) => DiffStep | null {
  const machines = new Map<string, string>()
  const leaves = leaving()
  return (entry) => {
    const isLoose = leaves(entry)
    if (entry.by === 'runtime' || NOT_COMPARED.has(entry.type)) return null
    if (entry.type === 'machine_created') machines.set(entry.data.machine, `${entry.data.kind}#${machines.size}`)
    const data = comparable(entry, machines)
    const key = `${entry.scope}\0${entry.type}\0${labelOf({ ...entry, data } as unknown as Entry)}`
    return { seq: entry.seq, key, home: homeOf(entry), digest: digest(data), ...(isLoose ? { isLoose } : {}) }
  }
}

/** Tells which entries are the leaving of an agent that was asked to go. */
function leaving(): (entry: Entry) => boolean {
  const asked = new Set<string>()
  return ({ type, agent }) => {
    if (agent === undefined) return false
    if (type === 'shutdown') asked.add(agent)
    if (type === 'agent_created') asked.delete(agent)
    return (type === 'disconnected' || type === 'agent_exited') && asked.has(agent)
  }
}

function comparable({ data }: Entry, machines: ReadonlyMap<string, string>): Json {
  const { call_id: _id, duration_ms: _took, ...rest } = data as { readonly [key: string]: Json }
  const machine = typeof rest['machine'] === 'string' ? machines.get(rest['machine']) : undefined
  return machine === undefined ? rest : { ...rest, machine }
}

/** A child process belongs to the scope that started it. */
function homeOf({ scope, type }: Entry): string {
  return type === 'process_spawned' ? scope.slice(0, scope.lastIndexOf('/')) : scope
}

export function diffRuns(a: readonly DiffStep[], b: readonly DiffStep[]): RunDiff {
  const pairs = paired(a, b)
  const moved = reordered(a, b, pairs)
  const places = new Map(b.map(({ seq }, index) => [seq, index]))
  const found: { readonly difference: RunDifference; readonly at: number }[] = []
  for (const [index, step] of a.entries()) {
    const other = pairs.get(index)
    const partner = other === undefined ? undefined : b[other]
    const kind = partner === undefined ? 'only_a' : partner.digest !== step.digest ? 'changed' : moved.has(index) ? 'reordered' : null
    if (kind !== null) found.push({ difference: { kind, home: step.home, a: step.seq, b: partner?.seq ?? null }, at: index })
  }
  const surplus = onlyIn(b, pairs, a.length)
  const prefixCount = Math.min(a.length, found[0]?.at ?? a.length, ...surplus.slice(0, 1).map(({ after }) => after))
  for (const { step, at } of surplus) found.push({ difference: { kind: 'only_b', home: step.home, a: null, b: step.seq }, at })
  const order = (difference: RunDifference) => (difference.b === null ? -1 : (places.get(difference.b) ?? -1))
  found.sort((left, right) => left.at - right.at || order(left.difference) - order(right.difference))
  return {
    sameCount: pairs.size - found.filter(({ difference: { kind } }) => kind === 'changed' || kind === 'reordered').length,
    comparedCount: { a: a.length, b: b.length },
    prefixCount,
    differences: found.map(({ difference }) => difference),
  }
}

/** Which step of `b` stands beside each step of `a`, by their places. */
function paired(a: readonly DiffStep[], b: readonly DiffStep[]): ReadonlyMap<number, number> {
  const pairs = new Map<number, number>()
  const taken = new Set<number>()
  const pair = (left: number, right: number | undefined) => {
    if (right === undefined) return
    pairs.set(left, right)
    taken.add(right)
  }
  const homes = groups(b, ({ home }) => home)
  for (const [home, lefts] of groups(a, (step) => step.home))
    pairEnds(lefts, homes.get(home) ?? [], (left, right) => isSame(a[left], b[right]), pair)
  const open = groups(b, nameOf, taken)
  for (const [index, step] of a.entries()) if (!pairs.has(index)) pair(index, open.get(nameOf(step))?.shift())
  const rest = groups(b, ({ key }) => key, taken)
  for (const [index, { key }] of a.entries()) if (!pairs.has(index)) pair(index, rest.get(key)?.shift())
  return pairs
}

/** Pairs what two lists have in common at their beginnings and, of what is left, at their ends. */
function pairEnds(
  left: readonly number[],
  right: readonly number[],
  isPair: (left: number, right: number) => boolean,
  pair: (left: number, right: number) => void,
): void {
  let start = 0
  let [leftEnd, rightEnd] = [left.length, right.length]
  const is = (one: number, other: number) => isPair(left[one] as number, right[other] as number)
  for (; start < leftEnd && start < rightEnd && is(start, start); start += 1) pair(left[start] as number, right[start] as number)
  while (leftEnd > start && rightEnd > start && is(leftEnd - 1, rightEnd - 1)) pair(left[--leftEnd] as number, right[--rightEnd] as number)
}

function isSame(left: DiffStep | undefined, right: DiffStep | undefined): boolean {
  return left?.key === right?.key && left?.digest === right?.digest
}

function nameOf({ key, digest }: DiffStep): string {
  return `${key}\0${digest}`
}

function groups(steps: readonly DiffStep[], name: (step: DiffStep) => string, without?: ReadonlySet<number>): Map<string, number[]> {
  const found = new Map<string, number[]>()
  for (const [index, step] of steps.entries()) {
    if (without?.has(index)) continue
    const group = found.get(name(step))
    if (group) group.push(index)
    else found.set(name(step), [index])
  }
  return found
}

/** The fewest steps of each scope that would have to move for the others to be in the same order in both runs. */
function reordered(a: readonly DiffStep[], b: readonly DiffStep[], pairs: ReadonlyMap<number, number>): ReadonlySet<number> {
  const byHome = new Map<string, [left: number, right: number][]>()
  for (const [left, right] of [...pairs].sort(([one], [other]) => one - other)) {
    if (a[left]?.digest !== b[right]?.digest || a[left]?.isLoose) continue
    const home = a[left]?.home ?? ''
    const list = byHome.get(home)
    if (list) list.push([left, right])
    else byHome.set(home, [[left, right]])
  }
  const moved = new Set<number>()
  for (const list of byHome.values()) {
    const kept = longestRise(list.map(([, right]) => right))
    for (const [at, [left]] of list.entries()) if (!kept.has(at)) moved.add(left)
  }
  return moved
}

/** Places of a longest rising subsequence of `values`. */
function longestRise(values: readonly number[]): ReadonlySet<number> {
  const ends: number[] = []
  const before = new Map<number, number | undefined>()
  for (const [at, value] of values.entries()) {
    let [low, high] = [0, ends.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((values[ends[middle] as number] as number) < value) low = middle + 1
      else high = middle
    }
    before.set(at, ends[low - 1])
    ends[low] = at
  }
  const kept = new Set<number>()
  for (let at: number | undefined = ends.at(-1); at !== undefined; at = before.get(at)) kept.add(at)
  return kept
}

/**
 * Steps of `b` without a partner: `after` how many steps of `a` they come, and `at` which place a reader of `a` meets them, right
 * before the next one that both have.
 */
function onlyIn(b: readonly DiffStep[], pairs: ReadonlyMap<number, number>, endOfA: number) {
  const partners = new Map([...pairs].map(([left, right]) => [right, left]))
  const found: { readonly step: DiffStep; readonly index: number; readonly after: number }[] = []
  let reached = -1
  for (const [index, step] of b.entries()) {
    const left = partners.get(index)
    if (left !== undefined) reached = Math.max(reached, left)
    else found.push({ step, index, after: reached + 1 })
  }
  let next = endOfA
  const places = new Map<number, number>()
  for (let index = b.length - 1; index >= 0; index -= 1) {
    next = Math.min(next, partners.get(index) ?? next)
    places.set(index, next)
  }
  return found.map(({ step, index, after }) => ({ step, after, at: (places.get(index) ?? endOfA) - 0.5 }))
}
