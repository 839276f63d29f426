/**
 * `ramure __complete -- <words…>`: what could stand in the place of the last word, one per line, a tab and what it is behind
 * it. `:files` says that a file belongs there. For the scripts of `ramure completion`: it answers at once, and says nothing
 * when it cannot.
 */
import { type EntryOf, EVENT_TYPES } from '../log/events.ts'
import { homeFolders } from '../log/home.ts'
import { jsonlStore } from '../log/jsonl.ts'
import type { LogStore } from '../log/store.ts'
import type { CliWorld } from './cli.ts'
import { commands } from './commands.ts'
import { type Asked, askedFor, optionsOf, type Wanted } from './complete-words.ts'
import { durationText } from './figures.ts'
import { plain } from './text.ts'

/** Whoever presses Tab does not wait longer for names of agents in a long log. */
const READ_MS = 100
/** More runs than this are no choice any more. */
const RUNS_MAX = 200

type Candidate = readonly [word: string, what: string]

export async function complete(words: readonly string[], world: CliWorld): Promise<void> {
  const asked = askedFor(words[0] === '--' ? words.slice(1) : words, commands)
  if (asked.wanted.kind === 'file') return void world.stdout.write(':files\n')
  const candidates = await candidatesFor(asked, world).catch(() => [])
  const fitting = candidates.filter(([word]) => word.startsWith(asked.prefix))
  for (const [word, what] of fitting) world.stdout.write(`${asked.before}${word}\t${plain(what, 200)}\n`)
}

async function candidatesFor({ wanted, logDir }: Asked, world: CliWorld): Promise<readonly Candidate[]> {
  const store = () => jsonlStore(homeFolders(world.env, logDir).logs)
  switch (wanted.kind) {
    case 'command':
      return [...commands.map(({ name, summary }): Candidate => [name, summary]), ['help', 'what there is of one command']]
    case 'option':
      return optionCandidates(wanted)
    case 'run':
      return runs(store(), world.now())
    case 'agent':
      return named(store(), wanted.run, 'agent_created')
    case 'endpoint':
      return named(store(), wanted.run, 'endpoint_exposed')
    case 'type':
      return EVENT_TYPES.map((type): Candidate => [type, ''])
    case 'moment':
      return MOMENTS
    case 'shell':
      return ['bash', 'zsh', 'fish'].map((shell): Candidate => [shell, ''])
    default:
      return []
  }
}

const MOMENTS: readonly Candidate[] = [
  ['5m', 'five minutes ago'],
  ['1h', 'an hour ago'],
  ['1d', 'a day ago'],
  ['today', 'its midnight'],
  ['yesterday', 'its midnight'],
]

function optionCandidates({ spec, given }: Extract<Wanted, { kind: 'option' }>): readonly Candidate[] {
  return optionsOf(spec)
    .filter(({ names }) => !names.some((name) => given.includes(name)))
    .map(({ names, description }): Candidate => [names.at(-1) ?? '', description])
}

async function runs(store: LogStore, nowMs: number): Promise<readonly Candidate[]> {
  const refs = (await store.list()).slice(0, RUNS_MAX)
  return refs.map(({ run, modified }): Candidate => {
    const age = modified === null ? '' : `${durationText(Math.max(0, nowMs - Date.parse(modified)))} ago`
    return [run, store.writerAlive(run) === true ? 'live' : age]
  })
}

/** Agents of a run, or what its root process exposes: the newest last, as its log names them. */
async function named(
  store: LogStore,
  wanted: string | undefined,
  type: 'agent_created' | 'endpoint_exposed',
): Promise<readonly Candidate[]> {
  const run = await runFor(store, wanted)
  if (run === undefined) return []
  const until = performance.now() + READ_MS
  const found = new Map<string, string>()
  for await (const entry of store.read(run, { types: [type], blobs: 'reference' })) {
    if (performance.now() > until) break
    if ('unreadable' in entry) continue
    if (entry.type === 'agent_created') found.set(entry.agent ?? '', driverText(entry))
    // Only those of the root process are asked by name.
    if (entry.type === 'endpoint_exposed' && entry.scope.lastIndexOf('/') === 0)
      found.set(entry.data.endpoint, entry.data.definition.description)
  }
  return [...found]
}

function driverText({ data }: EntryOf<'agent_created'>): string {
  return [data.driver, data.model].filter(Boolean).join(' ')
}

/** As the commands choose: what was named, else the only live run, else the newest. */
async function runFor(store: LogStore, wanted: string | undefined): Promise<string | undefined> {
  const names = (await store.list()).map(({ run }) => run)
  if (wanted !== undefined) return names.includes(wanted) ? wanted : names.find((run) => run.startsWith(wanted))
  const live = names.slice(0, RUNS_MAX).filter((run) => store.writerAlive(run) === true)
  return live.length === 1 ? live[0] : names[0]
}
