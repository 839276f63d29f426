/** Runs that are over: those that vanished, and how much room all of them take. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunRef } from '../log/store.ts'
import type { Cli } from './cli.ts'
import { counterexampleIn } from './counterexample-in.ts'
import { bad, type Finding, ok } from './doctor-finding.ts'
import { bytesText, plural } from './figures.ts'

const LOGS_BYTES_MAX = 5e9
const OLD_DAYS = 30
/** In the folder of a run that vanished: somebody was told. It says nothing about the run and may be deleted. */
const SEEN = 'vanished.seen'

/** Runs without an end. Once `--fix` was asked for they are known, and only counted. */
export async function vanishedRuns(cli: Cli): Promise<readonly Finding[]> {
  const [news, known]: [string[], string[]] = [[], []]
  for (const { run } of await cli.store.list()) {
    if (cli.store.writerAlive(run) !== false || (await hasEnded(cli, run))) continue
    const list = (await isSeen(cli, run)) ? known : news
    list.push(run)
  }
  const before =
    known.length === 0
      ? ''
      : `; ${plural(known.length, 'vanished run')} ${known.length === 1 ? 'was' : 'were'} seen before (ramure ls --failed)`
  if (news.length === 0) return [ok('runs', known.length === 0 ? 'every run that is over has an end' : `no new run vanished${before}`)]
  const shown = news.slice(0, 5).join(', ') + (news.length > 5 ? ` and ${news.length - 5} more` : '')
  const repair = () =>
    markSeen(cli, news).then(
      () => `noted as seen; ${news.length === 1 ? 'its log is' : 'their logs are'} as ${news.length === 1 ? 'it was' : 'they were'}`,
    )
  return [
    {
      ...bad('warn', 'runs', `${plural(news.length, 'run')} vanished without an end: ${shown}${before}`, `ramure status ${news[0]}`),
      repair,
    },
  ]
}

/** How much room the logs take, and how much of it old ones. */
export async function logSizes(cli: Cli): Promise<readonly Finding[]> {
  const refs = await cli.store.list()
  const old = refs.filter((ref) => ref.modified !== null && Date.parse(ref.modified) < cli.now() - OLD_DAYS * 86_400_000)
  const oldest = refs.at(-1)?.modified?.slice(0, 10)
  const since = oldest === undefined ? '' : `, the oldest of ${oldest}`
  const message = `${plural(refs.length, 'run')}, ${bytesText(sizeOf(refs))} of logs in ${cli.store.location}${since}`
  const room = old.length === 0 ? '' : `; ${plural(old.length, 'run')} with ${bytesText(sizeOf(old))} not written for ${OLD_DAYS} days`
  if (sizeOf(refs) < LOGS_BYTES_MAX) return [ok('logs', `${message}${room}${old.length === 0 ? '' : ` (ramure gc --keep ${OLD_DAYS}d)`}`)]
  const [largest] = refs.toSorted((left, right) => (right.bytes ?? 0) - (left.bytes ?? 0))
  return [
    bad(
      'warn',
      'logs',
      `${message}${room}; the largest is ${largest?.run} with ${bytesText(largest?.bytes ?? 0)}`,
      `ramure gc --keep ${OLD_DAYS}d`,
    ),
  ]
}

function sizeOf(refs: readonly RunRef[]): number {
  return refs.reduce((sum, ref) => sum + (ref.bytes ?? 0), 0)
}

/** A simulation that a property test kept is over, whatever it came to. */
async function hasEnded(cli: Cli, run: string): Promise<boolean> {
  for await (const entry of cli.store.read(run, { reverse: true }))
    if (!('unreadable' in entry)) return entry.type === 'run_ended' || (await counterexampleIn(cli, run)) !== null
  return false
}

/** A run that went on since has something new to tell. */
async function isSeen(cli: Cli, run: string): Promise<boolean> {
  const text = await readFile(join(cli.folders.logs, run, SEEN), 'utf8').catch(() => null)
  return text !== null && text === (await markOf(cli, run))
}

async function markSeen(cli: Cli, runs: readonly string[]): Promise<void> {
  for (const run of runs) await writeFile(join(cli.folders.logs, run, SEEN), await markOf(cli, run), { mode: 0o600 })
}

async function markOf(cli: Cli, run: string): Promise<string> {
  for await (const entry of cli.store.read(run, { reverse: true })) if (!('unreadable' in entry)) return `${entry.seq} ${entry.time}\n`
  return '0\n'
}
