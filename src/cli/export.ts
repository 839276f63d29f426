/** `ramure export [run]`: a run as a file for somebody else, or for another program. */

import type { Secrets } from '../export/rescan.ts'
import { RamureError } from '../log/error.ts'
import { redactor } from '../log/redact.ts'
import { type Action, type Cli, type Options, textOption } from './cli.ts'
import { mustHaveEntries } from './entry-at.ts'
import { EXIT } from './exit-code.ts'
import { bytesText, plural } from './figures.ts'
import { chooseRun, wantedRun } from './runs.ts'
import { sayEntry } from './say-entry.ts'
import { plain } from './text.ts'
import { checkTarget, writeOut } from './write-out.ts'

export const run: Action = async (cli, [position], options) => {
  const format = formatOf(options)
  const chosen = await chooseRun(cli, wantedRun(position, options))
  await mustHaveEntries(cli, chosen)
  const target = textOption(options, 'output') ?? `${chosen}${FORMATS[format].ending}`
  if (target === '-') return toStdout(cli, format, chosen, options)
  const file = await checkTarget(target, options['force'] === true)
  const { value, bytes } = await writeOut(file, await FORMATS[format].pieces(cli, chosen, options))
  sayDamage(cli, value)
  cli.output.answer({ run: chosen, format, file, bytes, ...value }, () => doneText(cli, format, file, bytes, value))
  return value.unreadableCount > 0 ? EXIT.logDamaged : EXIT.ok
}

/** What every format says when it is done. */
export interface Exported {
  readonly entriesCount: number
  readonly secrets: Secrets
  readonly unreadableCount: number
  /** Files of the program in a bundle, and those that are not. */
  readonly programFiles?: readonly string[]
  readonly leftOut?: readonly { readonly path: string; readonly why: string }[]
}

export type Pieces = AsyncGenerator<string | Uint8Array, Exported>
type Format = 'html' | 'perfetto' | 'otlp' | 'bundle'

interface FormatSpec {
  readonly ending: string
  /** What to do with it. */
  readonly next: (file: string) => string
  pieces(cli: Cli, run: string, options: Options): Promise<Pieces>
}

const FORMATS: { readonly [F in Format]: FormatSpec } = {
  html: {
    ending: '.html',
    next: (file) => `look at it  any browser, offline: ${file}`,
    async pieces(cli, run) {
      const [{ exportHtml }, { pageAssets }] = await Promise.all([import('../export/html.ts'), import('../export/page-file.ts')])
      const { store, signal, now } = cli
      return exportHtml({ store, run, signal, now, assets: await pageAssets(), say: sayEntry, redact: redactor(cli.env) })
    },
  },
  perfetto: {
    ending: '.perfetto.json',
    next: (file) => `look at it  https://ui.perfetto.dev, open ${file}: it stays in your browser`,
    async pieces({ store, signal, env }, run) {
      const { exportPerfetto } = await import('../export/perfetto.ts')
      return exportPerfetto({ store, run, signal, say: sayEntry, redact: redactor(env) })
    },
  },
  otlp: {
    ending: '.otlp.jsonl',
    next: (file) =>
      `send it  while read -r line; do curl -sd "$line" -H 'content-type: application/json' localhost:4318/v1/traces; done < ${file}`,
    async pieces({ store, signal, env }, run) {
      const { exportOtlp } = await import('../export/otlp.ts')
      return exportOtlp({ store, run, signal, redact: redactor(env) })
    },
  },
  bundle: {
    ending: '.ramure',
    next: (file) => `take it in elsewhere  ramure import ${file}`,
    async pieces({ store, signal, env }, run, options) {
      const { exportBundle } = await import('../export/bundle.ts')
      return exportBundle({ store, run, signal, redact: redactor(env), withProgram: options['withProgram'] === true })
    },
  },
}

/** The one that is asked for, else the one that the name of the file says. Throws ERR_USAGE. */
function formatOf(options: Options): Format {
  const asked = (Object.keys(FORMATS) as Format[]).filter((format) => options[format] === true)
  if (asked.length > 1) {
    throw new RamureError('ERR_USAGE', `One file has one format, not ${asked.map((format) => `--${format}`).join(' and ')}.`, {
      hint: 'Leave all but one out.',
    })
  }
  const target = textOption(options, 'output') ?? ''
  return asked[0] ?? (Object.keys(FORMATS) as Format[]).find((format) => target.endsWith(FORMATS[format].ending)) ?? 'bundle'
}

async function toStdout(cli: Cli, format: Format, run: string, options: Options): Promise<number> {
  if (format === 'bundle')
    throw new RamureError('ERR_USAGE', 'A bundle is not text: it is written to a file.', { hint: 'Name one with -o.' })
  const pieces = await FORMATS[format].pieces(cli, run, options)
  let next = await pieces.next()
  for (; next.done !== true; next = await pieces.next()) await cli.output.write(String(next.value))
  sayDamage(cli, next.value)
  cli.output.talk(secretsText(next.value.secrets))
  return next.value.unreadableCount > 0 ? EXIT.logDamaged : EXIT.ok
}

function sayDamage(cli: Cli, { unreadableCount }: Exported): void {
  if (unreadableCount > 0)
    cli.output.talk(`${plural(unreadableCount, 'stretch', 'stretches')} of the log could not be read and is left out`)
}

function doneText(cli: Cli, format: Format, file: string, bytes: number, value: Exported): string {
  const { entriesCount, secrets } = value
  const { paint } = cli.output
  return [
    `${paint('good', '✔')} ${file}   ${bytesText(bytes)} · ${plural(entriesCount, 'entry', 'entries')}`,
    `  ${secretsText(secrets)}`,
    ...programText(value),
    `  ${paint('faint', FORMATS[format].next(file))}`,
  ].join('\n')
}

function programText({ programFiles: files, leftOut = [] }: Exported): string[] {
  if (files === undefined || files.length + leftOut.length === 0) return []
  const without = leftOut.map(({ path, why }) => `, without ${plain(path, 200)}: ${why}`).join('')
  return [`  ${plural(files.length, 'file')} of the program${without}`]
}

export function secretsText({ masked, found }: Secrets): string {
  const also = found > 0 ? ' and masked here' : ''
  return `${plural(masked, 'secret')} masked at write, ${found} found in a rescan${also}`
}
