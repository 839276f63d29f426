/** What a corpus of recordings exercises, of all that shows up in it. */
import type { Entry } from '../log/events.ts'

export type CoverageKind = 'process' | 'tool' | 'endpoint' | 'run'

/** Something that was declared in a recording: a process that was spawned, a tool that was given, an endpoint that was exposed. */
export interface Covered {
  readonly kind: CoverageKind
  /** A process's name; for tools and endpoints `process.name`; for `run` the root process. */
  readonly name: string
  /** How often it ended which way in all recordings: every way there is, 0 for those that no recording shows. */
  readonly outcomes: Readonly<Record<string, number>>
}

export interface Coverage {
  /** In order of kind and name. */
  readonly covered: readonly Covered[]
  readonly seen: number
  readonly declared: number
  /** Recordings that could all go without one outcome less being seen. */
  readonly addingNothing: readonly string[]
}

/** What one recording shows, as counts of `kind name outcome`; 0 for what was declared and not seen. */
export type Shown = ReadonlyMap<string, number>

const OUTCOMES: { readonly [kind in CoverageKind]: readonly string[] } = {
  process: ['done', 'failed', 'cancelled'],
  tool: ['answered', 'refused'],
  endpoint: ['answered', 'refused'],
  run: ['completed', 'failed', 'cancelled', 'timed_out', 'cut_off'],
}

/** Every agent has these from the start: that nobody used one says nothing about a program. */
const BUILTIN: ReadonlySet<string> = new Set(['message', 'send_file', 'download_file'])

/** Reads off a recording what it declares and how that ended. */
export function shownBy(entries: readonly Entry[]): Shown {
  const shown = new Map<string, number>()
  const called = new Map<string, string>()
  const owners = new Map<string, string>()
  const declare = (kind: CoverageKind, name: string) => {
    for (const outcome of OUTCOMES[kind]) count(shown, `${kind} ${name} ${outcome}`, 0)
  }
  const see = (kind: CoverageKind, name: string, outcome: string) => {
    declare(kind, name)
    count(shown, `${kind} ${name} ${outcome}`, 1)
  }
  let root = ''
  let ended = false
  for (const entry of entries) {
    const owner = owners.get(entry.agent ?? '') ?? processOf(entry.scope)
    switch (entry.type) {
      case 'run_started':
        root = entry.data.process
        declare('run', root)
        break
      case 'run_ended':
        ended = true
        see('run', root, entry.data.outcome)
        break
      case 'process_spawned':
        declare('process', entry.data.process)
        break
      case 'process_done':
      case 'process_failed':
      case 'process_cancelled':
        see('process', owner, entry.type.slice('process_'.length))
        break
      case 'agent_created':
        owners.set(entry.agent ?? '', processOf(entry.scope))
        break
      case 'registered':
        for (const { name } of entry.data.tools) if (!BUILTIN.has(name)) declare('tool', `${owner}.${name}`)
        break
      case 'tool_registered':
        declare('tool', `${owner}.${entry.data.name}`)
        break
      case 'tool_call':
        called.set(`${entry.agent} ${entry.data.call_id}`, entry.data.tool)
        break
      case 'tool_result': {
        const tool = called.get(`${entry.agent} ${entry.data.call_id}`)
        // A tool that nobody declared was made up by the agent.
        if (tool === undefined || !shown.has(`tool ${owner}.${tool} answered`)) break
        see('tool', `${owner}.${tool}`, entry.data.error === undefined ? 'answered' : 'refused')
        break
      }
      case 'endpoint_exposed':
        declare('endpoint', `${owner}.${entry.data.endpoint}`)
        break
      case 'endpoint_returned':
        if (shown.has(`endpoint ${owner}.${entry.data.endpoint} answered`))
          see('endpoint', `${owner}.${entry.data.endpoint}`, entry.data.ok ? 'answered' : 'refused')
        break
      default:
    }
  }
  if (root !== '' && !ended) see('run', root, 'cut_off')
  return shown
}

/** Puts together what recordings show, by their names. */
export function coverageOf(recordings: ReadonlyMap<string, Shown>): Coverage {
  const total = new Map<string, number>()
  for (const shown of recordings.values()) for (const [key, times] of shown) count(total, key, times)
  const covered = new Map<string, { kind: CoverageKind; name: string; outcomes: Record<string, number> }>()
  for (const key of [...total.keys()].sort()) {
    const [kind, name, outcome] = key.split(' ') as [CoverageKind, string, string]
    const item = covered.get(`${kind} ${name}`) ?? { kind, name, outcomes: Object.fromEntries(OUTCOMES[kind].map((each) => [each, 0])) }
    item.outcomes[outcome] = total.get(key) ?? 0
    covered.set(`${kind} ${name}`, item)
  }
  const items = [...covered.values()]
  return { covered: items, seen: items.filter(isSeen).length, declared: items.length, addingNothing: addingNothing(recordings) }
}

/** True when a recording shows it end in any way. */
export function isSeen({ outcomes }: Covered): boolean {
  return Object.values(outcomes).some((times) => times > 0)
}

/** Taken away one after the other, the last first, as long as what is left still shows all outcomes. */
function addingNothing(recordings: ReadonlyMap<string, Shown>): string[] {
  const holders = new Map<string, number>()
  for (const shown of recordings.values()) for (const key of seenIn(shown)) count(holders, key, 1)
  const spare: string[] = []
  for (const [name, shown] of [...recordings].reverse()) {
    const keys = seenIn(shown)
    if (keys.some((key) => holders.get(key) === 1)) continue
    for (const key of keys) count(holders, key, -1)
    spare.push(name)
  }
  return spare.reverse()
}

function seenIn(shown: Shown): string[] {
  return [...shown].flatMap(([key, times]) => (times > 0 ? [key] : []))
}

/** The process that a scope is in: `fix` for `/review#0/fix#2/on:tool(worker,submit)#5`. */
function processOf(scope: string): string {
  const segments = scope.split('/').filter((segment) => segment !== '' && !/^(on:|branch\()/.test(segment))
  return (segments.at(-1) ?? '').replace(/#\d+$/, '')
}

function count(counts: Map<string, number>, key: string, times: number): void {
  counts.set(key, (counts.get(key) ?? 0) + times)
}
