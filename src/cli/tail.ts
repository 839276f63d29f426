import { RamureError } from '../log/error.ts'
import type { Entry } from '../log/events.ts'
import type { Lagged, Unreadable } from '../log/store.ts'
import { type Action, type Cli, textOption } from './cli.ts'
import { type EntryFilter, entryFilter } from './entry-filter.ts'
import { EXIT } from './exit-code.ts'
import { durationText, plural } from './figures.ts'
import { entryFormatter } from './format-entry.ts'
import { gapText, lifeOf } from './load.ts'
import { chooseRun, wantedRun } from './runs.ts'
import { plain } from './text.ts'

/** `ramure tail [run]`: one line per entry; with `-f` also those that are still to come. Never owns the run. */
export const run: Action = async (cli, [position], options) => {
  const filter = entryFilter(cli, options)
  const follows = options['follow'] === true
  const chosen = await chooseRun(cli, wantedRun(position, options))
  const screen = createScreen(cli, filter, follows)
  const after = await replayHistory(cli, chosen, filter, countOption(options, follows), screen)
  if (cli.signal.aborted) return EXIT.interrupted
  if (!follows) return screen.summary(chosen)
  if (cli.store.writerAlive(chosen) !== false) cli.output.talk(`${chosen}: Ctrl-C stops watching, never the run`)
  for await (const item of cli.store.follow(chosen, { after, signal: cli.signal })) screen.show(item)
  if (cli.signal.aborted) return EXIT.interrupted
  return sayEnd(cli, chosen, screen)
}

/** Shows the last `count` wanted entries and returns the `seq` to go on after. */
async function replayHistory(cli: Cli, run: string, filter: EntryFilter, count: number, screen: Screen): Promise<number> {
  const found: (Entry | Unreadable)[] = []
  let wanted = 0
  let last = 0
  for await (const item of cli.store.read(run, { reverse: true })) {
    if (cli.signal.aborted) break
    if (!('unreadable' in item)) last = Math.max(last, item.seq)
    if (wanted >= count) break
    if ('unreadable' in item || filter.wants(item)) found.push(item)
    if (!('unreadable' in item) && filter.wants(item) && !filter.folds(item)) wanted += 1
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
  summary(run: string): void
}

function createScreen(cli: Cli, filter: EntryFilter, follows: boolean): Screen {
  const { output } = cli
  const options = { width: output.width, colour: output.colour, timeZone: cli.timeZone }
  const format = entryFormatter(options)
  let [seen, shown, folded] = [0, 0, 0]
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
      seen += 1
      // Formatted in any case: an answer that is shown may belong to a call that is not.
      const text = format(item)
      if (!filter.wants(item)) return
      if (filter.folds(item)) folded += 1
      else {
        shown += 1
        output.print(text)
      }
    },
    last: () => last,
    summary(run) {
      if (shown === 0 && seen === 0 && !follows)
        return output.talk(filter.isAll ? `${run} has no entries yet` : `no entry of ${run} matches`)
      if (folded > 0) output.talk(`⋯ ${plural(folded, 'detail event')} folded (--detail)`)
    },
  }
}

/** Says how the run ended. A recorded end is a success of watching it; a vanished run is not. */
async function sayEnd(cli: Cli, run: string, screen: Screen): Promise<number> {
  screen.summary(run)
  const last = screen.last() ?? (await lastEntry(cli, run))
  if (last?.type === 'run_ended') {
    cli.output.talk(`${run}: ${last.data.outcome.replace('_', ' ')} after ${durationText(last.data.duration_ms)}`)
    return EXIT.ok
  }
  const life = lifeOf(false, cli.store.writerAlive(run))
  cli.output.talk(
    `${run}: ${life === 'orphaned' ? 'orphaned, its process vanished without an end' : 'nobody writes it any more, no end was recorded'}   ramure status ${run}`,
  )
  return life === 'orphaned' ? EXIT.runOrphaned : EXIT.ok
}

async function lastEntry(cli: Cli, run: string): Promise<Entry | null> {
  for await (const item of cli.store.read(run, { reverse: true })) if (!('unreadable' in item)) return item
  return null
}
