/** `ramure import <file>`: takes in a bundle from somewhere else. */
import { join } from 'node:path'
import type { Imported } from '../export/unbundle.ts'
import { RamureError } from '../log/error.ts'
import { type Action, type Cli, type Options, textOption } from './cli.ts'
import { secretsText } from './export.ts'
import { plural } from './figures.ts'
import { plain } from './text.ts'

export const run: Action = async (cli, [file = ''], options) => {
  const { importBundle } = await import('../export/unbundle.ts')
  const bytesMax = bytesOption(options)
  const imported = await importBundle(file === '-' ? process.stdin : file, {
    logs: cli.folders.logs,
    signal: cli.signal,
    ...(bytesMax === null ? {} : { bytesMax }),
  })
  const { run, manifest, program } = imported
  const { entries, secrets, ramure } = manifest
  cli.output.answer({ run, entries, secrets, ramure, folder: join(cli.folders.logs, run), program }, () => doneText(cli, imported))
}

function bytesOption(options: Options): number | null {
  const text = textOption(options, 'maxBytes')
  if (text === undefined) return null
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new RamureError('ERR_USAGE', `--max-bytes takes a whole number, not ${JSON.stringify(plain(text, 80))}.`, {
    hint: 'for example  --max-bytes 1000000000',
  })
}

function doneText(cli: Cli, { run, manifest, header, program }: Imported): string {
  const { paint } = cli.output
  const recorded = header.data.program === null ? 'a program that is not named' : plain(header.data.program, 200)
  return [
    `${paint('good', '✔')} imported ${run}   ${plural(manifest.entries, 'entry', 'entries')} · ${plain(String(header.data.process), 80)}`,
    `  ${secretsText(manifest.secrets)}, as its maker says; recorded with ramure ${plain(String(header.data.ramure), 40)} by ${recorded}`,
    ...(program === null ? [] : [`  the program's files are in ${program}: read them before you run them`]),
    `  ${paint('faint', `how it went  ramure status ${run}         run it again  ramure replay ${run} --program <your copy>`)}`,
  ].join('\n')
}
