import { setImmediate as turn } from 'node:timers/promises'
import { RamureError } from '../log/error.ts'
import type { Removal } from '../log/gc.ts'
import { lookForGc } from '../log/gc-look.ts'
import { type Found, planGc } from '../log/gc-plan.ts'
import { type Action, type Cli, type Options, textOption } from './cli.ts'
import { EXIT } from './exit-code.ts'
import { parseDurationMs } from './figures.ts'
import { doneText, type GcView, planText } from './gc-text.ts'
import { plain } from './text.ts'

/** `ramure gc --keep 30d [--keep-failed] [--yes]`: prints its plan; does it only with `--yes`. */
export const run: Action = async (cli, _args, options) => {
  const keep = keepOf(options)
  if (options['yes'] === true && options['dryRun'] === true)
    throw new RamureError('ERR_USAGE', '--dry-run and --yes say the opposite of each other.', { hint: 'Look first, then say --yes.' })
  const { runs, odd, leftovers } = await lookForGc(cli.folders.logs, cli.store)
  const plan = planGc(runs, { beforeMs: cli.now() - keep.ms, keepFailed: options['keepFailed'] === true })
  const view: GcView = { ...plan, keep: keep.text, odd, leftovers }
  const isWanted = options['yes'] === true
  if (!isWanted) return void cli.output.answer({ ...viewData(cli, view), done: false, removed: [] }, () => planText(cli, view, false))
  // Somebody who reads along sees what is going to happen before it does.
  if (!cli.output.json) cli.output.print(planText(cli, view, true))
  const removed = await carryOut(cli, view)
  const failed = removed.some(({ outcome }) => outcome === 'failed')
  cli.output.answer({ ...viewData(cli, view), done: true, removed }, () => doneText(removed))
  return failed ? EXIT.storeUnreachable : EXIT.ok
}

/** One after the other, so that an interruption leaves at most one begun. */
async function carryOut(cli: Cli, { remove, leftovers }: GcView): Promise<readonly Removal[]> {
  const { finishRemoval, removePlanned } = await import('../log/gc.ts')
  const removed: Removal[] = leftovers.map((name) => finishRemoval(cli.folders.logs, name, cli.now))
  for (const planned of remove) {
    await turn()
    cli.signal.throwIfAborted()
    removed.push(removePlanned(cli.folders.logs, planned, cli.now))
  }
  return removed
}

function keepOf(options: Options): { readonly text: string; readonly ms: number } {
  const text = textOption(options, 'keep')
  const ms = text === undefined ? null : parseDurationMs(text)
  if (text !== undefined && ms !== null) return { text, ms }
  const said =
    text === undefined
      ? 'gc needs --keep: how long runs stay after they are over'
      : `--keep ${JSON.stringify(plain(text, 80))} is no duration`
  throw new RamureError('ERR_USAGE', `${said}.`, {
    hint: 'for example  ramure gc --keep 30d         it only prints its plan; --yes carries it out',
  })
}

function viewData(cli: Cli, { remove, kept, keep, odd, leftovers }: GcView): object {
  const data = ({ lastMs, ...each }: Found) => ({ ...each, last: new Date(lastMs).toISOString(), age_ms: Math.round(cli.now() - lastMs) })
  return { keep, remove: remove.map(data), kept: kept.map(data), odd, leftovers }
}
