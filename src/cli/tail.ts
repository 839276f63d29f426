import { RamureError } from '../log/error.ts'
import type { Entry } from '../log/events.ts'
import { endIn } from '../log/outcome-in.ts'
import type { Lagged, ReadOptions, Unreadable } from '../log/store.ts'
import { NEVER_BEGAN } from '../log/store-errors.ts'
import { brokenText } from '../projections/broken.ts'
import { type Action, type Cli, textOption, watchedEnough } from './cli.ts'
import { counterexampleIn } from './counterexample-in.ts'
import { isEmptyLog } from './entry-at.ts'
import { type EntryFilter, entryFilter } from './entry-filter.ts'
import { EXIT } from './exit-code.ts'
import { durationText, plural } from './figures.ts'
import { entryFormatter, NOTED_TYPES } from './format-entry.ts'
import { gapText, lifeOf } from './load.ts'
import { chooseLog, wantedRun } from './runs.ts'
import { plain } from './text.ts'
import { wokenStore } from './woken-store.ts'

/** `ramure tail [run]`: one line per entry; with `-f` also those that are still to come. Never owns the run. */
export const run: Action = async (world, [position], options) => {
  const filter = entryFilter(world, options)
  const follows = options['follow'] === true
  const { cli, run: chosen, name } = await chooseLog(world, wantedRun(position, options))
  const screen = createScreen(cli, filter, name)
  const count = countOption(options, follows)
  // Asked first: where no history is wanted, what is there already is not gone through again.
  const known = follows ? ((await lastEntry(cli, chosen))?.seq ?? 0) : 0
  const after = Math.max(known, await showHistory(cli, chosen, filter, count, screen))
  if (cli.watching.aborted) return watchedEnough(cli)
  if (!follows) return screen.summary(await isOverAndEmpty(cli, chosen))
  try {
    return await goOn(cli, chosen, after, name, screen)
  } catch (error) {
    throw asGone(error, chosen)
  }
}

/** Shows what comes behind `after` until nobody writes any more, and says how it ended. */
async function goOn(cli: Cli, run: string, after: number, name: string, screen: Screen): Promise<number> {
  if (cli.store.writerAlive(run) !== false) cli.output.talk(`${run}: Ctrl-C stops watching, never the run`)
  const store = await wokenStore(cli, run)
  for await (const item of store.follow(run, { after, signal: cli.watching })) screen.show(item)
  if (cli.watching.aborted) return watchedEnough(cli)
  return sayEnd(cli, run, name, screen)
}

/** Shows the last `count` wanted entries and returns the `seq` to go on after. */
function showHistory(cli: Cli, run: string, filter: EntryFilter, count: number, screen: Screen): Promise<number> {
  return count === Number.POSITIVE_INFINITY ? showAll(cli, run, filter, screen) : showLast(cli, run, filter, count, screen)
}

/** From the first on: nothing has to be kept in memory for it. */
async function showAll(cli: Cli, run: string, filter: EntryFilter, screen: Screen): Promise<number> {
  let last = 0
  // An answer that is shown may belong to a call that is not.
  for await (const item of cli.store.read(run, partOf(filter, cli.output.json ? NONE : NOTED_TYPES))) {
    if (cli.watching.aborted) break
    screen.show(item)
    if ('seq' in item) last = item.seq
  }
  return last
}

const NONE: ReadonlySet<string> = new Set()

/** The store finds the first and the last of them without reading what is before and behind, and passes over what is not wanted in between. */
function partOf({ since, until, ...filter }: EntryFilter, kept: ReadonlySet<string>): ReadOptions {
  const sieve = filter.sieve(kept)
  return { ...(since !== null && { since }), ...(until !== null && { until }), ...(sieve !== undefined && { sieve }) }
}

async function showLast(cli: Cli, run: string, filter: EntryFilter, count: number, screen: Screen): Promise<number> {
  const found: (Entry | Unreadable)[] = []
  let wanted = 0
  let last = 0
  for await (const item of cli.store.read(run, { reverse: true, ...partOf(filter, NONE) })) {
    if (cli.watching.aborted) break
    if ('seq' in item) last = Math.max(last, item.seq)
    if (wanted >= count) break
    if ('unreadable' in item || filter.wants(item)) found.push(item)
    if ('seq' in item && filter.wants(item) && !filter.folds(item)) wanted += 1
  }
  for (const item of found.reverse()) screen.show(item)
  return last
}

/** Default 20 lines, or 10 when more are to come; `-n 0` shows no history. Throws ERR_USAGE. */
function countOption(options: Parameters<Action>[2], follows: boolean): number {
  const text = textOption(options, 'lines')
  if (text === undefined) return follows ? 10 : 20
  if (text === 'all') return Number.POSITIVE_INFINITY
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new RamureError('ERR_USAGE', `-n takes a whole number or "all", not ${JSON.stringify(plain(text, 80))}.`, {
    hint: 'for example  -n 50',
  })
}

interface Screen {
  show(item: Entry | Unreadable | Lagged): void
  /** The last entry that was seen, shown or not. */
  last(): Entry | null
  /** `isVoid`: the run is over and has no entry. */
  summary(isVoid: boolean): void
}

function createScreen(cli: Cli, filter: EntryFilter, name: string): Screen {
  const { output } = cli
  const format = entryFormatter({ width: output.width, colour: output.colour, timeZone: cli.timeZone })
  let [shown, folded] = [0, 0]
  let last: Entry | null = null
  return {
    show(item) {
      if (output.json) {
        if (!('seq' in item) || filter.wants(item)) output.print(JSON.stringify(item))
        if ('seq' in item) last = item
        return
      }
      if ('unreadable' in item) return output.talk(gapText(item.unreadable))
      if ('lagged' in item) return output.talk(`too slow: ${item.lagged.from} to ${item.lagged.to} are read from the log again`)
      last = item
      if (!filter.wants(item)) return format.note(item)
      if (filter.folds(item)) {
        folded += 1
        return format.note(item)
      }
      shown += 1
      output.print(format(item))
    },
    last: () => last,
    summary(isVoid) {
      if (shown === 0 && folded === 0) output.talk(nothingText(filter, name, isVoid))
      else if (folded > 0)
        output.talk(`⋯ ${plural(folded, 'detail event')} folded (--detail)         one whole  ramure show ${name} <number>`)
    },
  }
}

async function isOverAndEmpty(cli: Cli, run: string): Promise<boolean> {
  return cli.store.writerAlive(run) === false && (await isEmptyLog(cli, run))
}

function nothingText(filter: EntryFilter, name: string, isVoid: boolean): string {
  if (filter.isAll) return isVoid ? `${name} has no entry: ${NEVER_BEGAN}` : `${name} has no entries yet`
  const asked = filter.agents === null ? '' : `         its agents  ramure status ${name}`
  return `no entry of ${name} matches${asked}`
}

/** Says how the run ended. A recorded end is a success of watching it; a vanished run is not. */
async function sayEnd(cli: Cli, run: string, name: string, screen: Screen): Promise<number> {
  // Who asked for a part of the entries has not seen the last one of all.
  const seen = screen.last()
  const last = seen?.type === 'run_ended' ? seen : await lastEntry(cli, run)
  const end = endIn(last)
  if (end !== null) {
    cli.output.talk(`${run}: ${end.data.outcome.replace('_', ' ')} after ${durationText(end.data.duration_ms)}`)
    return EXIT.ok
  }
  const broken = await counterexampleIn(cli, run)
  if (broken !== null) {
    cli.output.talk(`${run}: a counterexample, ${plain(brokenText(broken), 400)}         why  ramure why ${name}`)
    return EXIT.ok
  }
  const life = lifeOf(false, cli.store.writerAlive(run))
  const isEmpty = life === 'orphaned' && (await isEmptyLog(cli, run))
  const vanished = isEmpty ? NEVER_BEGAN : 'its process vanished without an end'
  const how = life === 'orphaned' ? `orphaned, ${vanished}` : 'nobody writes it any more, no end was recorded'
  cli.output.talk(`${run}: ${how}         why  ramure why ${name}`)
  return life === 'orphaned' ? EXIT.runOrphaned : EXIT.ok
}

/** Whoever has seen a run knows that there was one. */
function asGone(error: unknown, run: string): unknown {
  if (!(error instanceof RamureError) || error.code !== 'ERR_RUN_NOT_FOUND') return error
  return new RamureError(error.code, `The log of ${run} is gone: it was deleted or moved while it was followed.`, {
    hint: 'what is there  ramure ls --all',
  })
}

async function lastEntry(cli: Cli, run: string): Promise<Entry | null> {
  for await (const item of cli.store.read(run, { reverse: true })) if (!('unreadable' in item)) return item
  return null
}
