/** `ramure replay <run>`: runs the recorded program again on its own log, and says whether it decided the same. */
import { RamureError } from '../log/error.ts'
import { type Located, locate } from '../replay/locate.ts'
import type { Verdict } from '../replay/verdict.ts'
import { type Action, type Cli, type Options, textOption } from './cli.ts'
import { lastSeqOf, noEntry } from './entry-at.ts'
import { EXIT } from './exit-code.ts'
import { replayCommands, shellWord } from './replay-commands.ts'
import { exitOf, replayOne } from './replay-one.ts'
import { replayText } from './replay-text.ts'
import { chooseRun, wantedRun } from './runs.ts'
import { shortNameOf } from './short-name.ts'
import { plain } from './text.ts'

export const run: Action = async (cli, [position], options) => {
  checkAccept(options)
  const all = textOption(options, 'all')
  if (all !== undefined) return (await import('./replay-all.ts')).replayFolder(cli, all, options)
  const wanted = await wantedRecording(cli, wantedRun(position, options))
  await checkUntil(wanted, options)
  const startedMs = performance.now()
  const verdict = await replayOne(cli, wanted, options)
  const tookMs = performance.now() - startedMs
  const commands = replayCommands(wanted.name, options)
  const text = () => replayText(verdict, { width: cli.output.width, paint: cli.output.paint, tookMs, commands })
  cli.output.answer(verdict, () => [text(), ...acceptedText(verdict)].join('\n'))
  return verdict.accepted && 'run' in verdict.accepted ? EXIT.ok : exitOf(verdict.verdict)
}

/** A path is a recording wherever it is; anything else is the beginning of a run's id. */
async function wantedRecording(cli: Cli, wanted: string | undefined): Promise<Located & { readonly name: string }> {
  if (wanted?.includes('/')) return { ...locate(wanted), name: shellWord(wanted) }
  const run = await chooseRun(cli, wanted)
  const runs = (await cli.store.list()).map((ref) => ref.run)
  return { store: cli.store, run, name: shortNameOf(run, runs) }
}

/** Stopping after an entry that is not there would be no stopping at all. What is no number is told of later. */
async function checkUntil({ store, run }: Located, options: Options): Promise<void> {
  const until = Number(textOption(options, 'until')?.replace('#', ''))
  if (until > 0 && until > (await lastSeqOf({ store }, run))) throw await noEntry({ store }, run, until)
}

/** What is accepted is what the program does on the recorded inputs, to its end. */
function checkAccept(options: Options): void {
  const other = options['accept'] === true ? NOT_WITH_ACCEPT.find((name) => options[name] !== undefined) : undefined
  if (other !== undefined)
    throw new RamureError('ERR_USAGE', `--accept does not go together with --${other}.`, { hint: 'Leave one of them out.' })
}

const NOT_WITH_ACCEPT = ['all', 'until', 'inspect', 'set', 'drop', 'dup', 'delay']

function acceptedText({ accepted }: Verdict): string[] {
  if (!accepted) return []
  if ('run' in accepted) return ['', `  accepted  as ${accepted.run}, which replays identically; the old recording is as it was`]
  return ['', `  not accepted  ${plain(accepted.refused.message)}`]
}
