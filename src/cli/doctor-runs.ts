/** Runs that are over: those that vanished, and how much room all of them take. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { lookForGc } from '../log/gc-look.ts'
import { type Found, planGc } from '../log/gc-plan.ts'
import type { Cli } from './cli.ts'
import { counterexampleIn } from './counterexample-in.ts'
import { FULL_BYTES, freeBytes } from './disk.ts'
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

/** How much room the runs take with all that is beside their logs, and what `ramure gc` would make of it. */
export async function logSizes(cli: Cli): Promise<readonly Finding[]> {
  const { runs } = await lookForGc(cli.folders.logs, cli.store)
  const { remove: old } = planGc(runs, { beforeMs: cli.now() - OLD_DAYS * 86_400_000, keepFailed: false })
  const sorted = runs.toSorted((left, right) => left.lastMs - right.lastMs)
  const since = sorted[0] === undefined ? '' : `, the oldest of ${new Date(sorted[0].lastMs).toISOString().slice(0, 10)}`
  const message = `${plural(runs.length, 'run')}, ${bytesText(sizeOf(runs))} in ${cli.store.location}${since}`
  const room = old.length === 0 ? '' : `; ${plural(old.length, 'run')} with ${bytesText(sizeOf(old))} over for more than ${OLD_DAYS} days`
  if (sizeOf(runs) < LOGS_BYTES_MAX) return [ok('logs', `${message}${room}${old.length === 0 ? '' : ` (ramure gc --keep ${OLD_DAYS}d)`}`)]
  const [largest] = runs.toSorted((left, right) => right.bytes - left.bytes)
  return [
    bad(
      'warn',
      'logs',
      `${message}${room}; the largest is ${largest?.run} with ${bytesText(largest?.bytes ?? 0)}`,
      `ramure gc --keep ${OLD_DAYS}d`,
    ),
  ]
}

const LOW_BYTES = 500e6

/** A run whose log cannot be written ends there. */
export async function diskRoom(cli: Cli): Promise<readonly Finding[]> {
  const free = await freeBytes(cli.store.location)
  return free === null ? [] : [roomFinding(free, cli.store.location)]
}

export function roomFinding(free: number, folder: string): Finding {
  const message = `${bytesText(free)} free where logs are written`
  if (free >= LOW_BYTES) return ok('disk', message)
  const fix = `ramure gc --keep ${OLD_DAYS}d, or make room around ${folder}`
  return free < FULL_BYTES
    ? bad('fail', 'disk', `${message}: runs end when their log cannot be written`, fix)
    : bad('warn', 'disk', message, fix)
}

function sizeOf(runs: readonly Found[]): number {
  return runs.reduce((sum, { bytes }) => sum + bytes, 0)
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
