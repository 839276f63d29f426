/** Which run is meant: any unique prefix of its id, or none for the obvious one. */
import { existsSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { RamureError } from '../log/error.ts'
import { jsonlStore } from '../log/jsonl.ts'
import type { RunRef } from '../log/store.ts'
import type { LiveRun } from '../wire/registry.ts'
import { type Cli, type Options, textOption } from './cli.ts'
import { plural } from './figures.ts'
import { shellWord } from './replay-commands.ts'
import { shortNameOf } from './short-name.ts'
import { suggest } from './suggest.ts'
import { plain } from './text.ts'

/** The prefix given by position or with `--id`. */
export function wantedRun(position: string | undefined, options: Options): string | undefined {
  return position ?? textOption(options, 'id')
}

/**
 * The run that `wanted` begins, or, without it, the only live one, else the newest; says which it took when nobody named
 * it. Throws ERR_RUN_NOT_FOUND, ERR_RUN_AMBIGUOUS, ERR_NO_RUNS.
 */
export async function chooseRun(cli: Cli, wanted: string | undefined): Promise<string> {
  const refs = await cli.store.list()
  const runs = refs.map((ref) => ref.run)
  if (wanted !== undefined) return matchRun(wanted, runs, cli.store.location)
  const [newest] = refs
  if (!newest) throw noRuns(cli)
  const live = refs.filter((ref) => cli.store.writerAlive(ref.run) === true)
  const chosen = (await lastStarted(cli, live)) ?? newest
  const which = live.length > 1 ? `the last started of ${live.length} live runs` : `the newest of ${plural(refs.length, 'run')}`
  cli.output.talk(`${chosen.run}: ${live.length === 1 ? 'the only live run' : which}`)
  return chosen.run
}

/** Which of several runs wrote last changes all the time; which began last does not. */
async function lastStarted(cli: Cli, live: readonly RunRef[]): Promise<RunRef | undefined> {
  if (live.length < 2) return live[0]
  const begun = await Promise.all(live.map(async (ref) => ({ ref, at: await startOf(cli, ref.run) })))
  return begun.toSorted((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0))[0]?.ref
}

async function startOf(cli: Cli, run: string): Promise<string> {
  for await (const item of cli.store.read(run, { to: 1, blobs: 'reference' })) if (!('unreadable' in item)) return item.time
  return ''
}

export interface ChosenRun {
  /** The command line over the store that has the run. */
  readonly cli: Cli
  readonly run: string
  /** What the run is called in commands that are proposed: words that are enough, or the path it was named by. */
  readonly name: string
}

/** As `chooseRun`; anything with a slash is the path of a run's folder, or of the log in it, wherever it is. */
export async function chooseLog(cli: Cli, wanted: string | undefined): Promise<ChosenRun> {
  if (wanted?.includes('/')) return logAt(cli, wanted)
  const run = await chooseRun(cli, wanted)
  const runs = (await cli.store.list()).map((ref) => ref.run)
  return { cli, run, name: shortNameOf(run, runs) }
}

function logAt(cli: Cli, wanted: string): ChosenRun {
  const path = resolve(wanted)
  const folder = basename(path) === 'events.jsonl' ? dirname(path) : path
  const store = jsonlStore(dirname(folder))
  const run = basename(folder)
  if (!existsSync(join(folder, 'events.jsonl'))) {
    throw new RamureError('ERR_RUN_NOT_FOUND', `There is no log in ${plain(folder, 400)}.`, {
      hint: `a run's folder holds events.jsonl         runs by name  ramure ls --all`,
    })
  }
  return { cli: { ...cli, store }, run, name: shellWord(wanted) }
}

/** The live run that `wanted` begins, or the only one. Throws ERR_RUN_NOT_FOUND, ERR_RUN_NOT_LIVE, ERR_RUN_AMBIGUOUS, ERR_NO_LIVE_RUN. */
export async function chooseLiveRun(cli: Cli, wanted: string | undefined): Promise<LiveRun> {
  const { liveRuns } = await import('../wire/registry.ts')
  const { live, stale } = await liveRuns(cli.folders.runtimes)
  sayStale(cli, stale)
  if (wanted !== undefined) return matchLive(cli, wanted, live)
  const [only, ...others] = live
  if (!only) throw noLiveRun()
  if (others.length > 0)
    throw ambiguous(
      'Several runs are live',
      live.map((each) => each.run),
    )
  cli.output.talk(`${only.run}: the only live run`)
  return only
}

/** One note for everything that dead runs left behind. */
export function sayStale(cli: Cli, stale: readonly string[]): void {
  if (stale.length === 0) return
  cli.output.talk(`cleaned up after ${plural(stale.length, 'dead run')}: ${stale.join(', ')}`)
}

/** The one of `runs` that is `wanted` or begins with it. Throws ERR_RUN_NOT_FOUND, ERR_RUN_AMBIGUOUS. */
function matchRun(wanted: string, runs: readonly string[], where: string): string {
  if (runs.includes(wanted)) return wanted
  const matches = wanted === '' ? [] : runs.filter((run) => run.startsWith(wanted.toLowerCase()))
  if (matches.length === 1) return matches[0] as string
  if (matches.length > 1) throw ambiguous(`"${plain(wanted, 80)}" begins ${matches.length} runs`, matches)
  throw runNotFound(wanted, runs, where)
}

async function matchLive(cli: Cli, wanted: string, live: readonly LiveRun[]): Promise<LiveRun> {
  const names = live.map((each) => each.run)
  const isLive = names.some((name) => name.startsWith(wanted.toLowerCase()))
  // A run that is over is no typing mistake: it is told apart from one that never was.
  if (!isLive) throw await notLive(cli, wanted, names)
  const run = matchRun(wanted, names, cli.folders.runtimes)
  return live.find((each) => each.run === run) as LiveRun
}

async function notLive(cli: Cli, wanted: string, live: readonly string[]): Promise<RamureError> {
  const all = (await cli.store.list()).map((ref) => ref.run)
  const run = matchRun(wanted, [...new Set([...live, ...all])], cli.store.location)
  return new RamureError('ERR_RUN_NOT_LIVE', `${run} is not live any more, nobody is there to hear it.`, {
    hint: `how it ended  ramure status ${run}         live runs  ramure ls`,
  })
}

function runNotFound(wanted: string, runs: readonly string[], where: string): RamureError {
  const bySlug = new Map(
    runs.flatMap((run) => [
      [run, run],
      [run.split('-').slice(0, 2).join('-'), run],
    ]),
  )
  const near = [...new Set(suggest(wanted, [...bySlug.keys()]).map((name) => bySlug.get(name) ?? name))]
  const meant = near.length > 0 ? `did you mean  ${near.join('  or  ')}         ` : ''
  return new RamureError('ERR_RUN_NOT_FOUND', `There is no run called "${plain(wanted, 80)}" in ${where}.`, {
    hint: `${meant}all runs  ramure ls --all`,
  })
}

function ambiguous(message: string, runs: readonly string[]): RamureError {
  const shown = runs
    .slice(0, 10)
    .map((run) => `\n  ${run}`)
    .join('')
  const more = runs.length > 10 ? `\n  and ${runs.length - 10} more` : ''
  return new RamureError('ERR_RUN_AMBIGUOUS', `${message}:${shown}${more}`, { hint: 'Give more of the id, or all of it.' })
}

function noRuns(cli: Cli): RamureError {
  return new RamureError('ERR_NO_RUNS', `There are no runs in ${cli.store.location} yet.`, {
    hint: 'start one  ramure demo         (no key, no network)',
  })
}

function noLiveRun(): RamureError {
  return new RamureError('ERR_NO_LIVE_RUN', 'No run is live.', {
    hint: 'all runs  ramure ls --all         start one  ramure demo',
  })
}
