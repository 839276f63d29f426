/** `ramure demo`: a whole run in a few seconds, with two real agents and no key. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Entry } from '../log/events.ts'
import { nothingOpened, type Opened } from '../runtime/opened.ts'
import { rootsAreTakenOver } from '../runtime/root.ts'
import { type Surroundings, surroundedBy } from '../runtime/surroundings.ts'
import { type Action, type Cli, textOption, watchedEnough } from './cli.ts'
import { demoModel, playDemo } from './demo-script.ts'
import { type EntryFilter, entryFilter } from './entry-filter.ts'
import { EXIT } from './exit-code.ts'
import { entryFormatter } from './format-entry.ts'

export const run: Action = async (cli, [spec = 'fizzbuzz'], options) => {
  // In a replay nobody plays: only the program runs.
  await import('../replay/mode.ts')
  const opened = nothingOpened()
  try {
    const cast = rootsAreTakenOver() ? scriptedCast('in a replay') : await chooseCast(cli, options, opened)
    return await play(cli, spec, cast, entryFilter(cli, options))
  } finally {
    await opened.close()
  }
}

async function play(cli: Cli, spec: string, cast: Cast, filter: EntryFilter): Promise<number> {
  cli.output.talk(`ramure demo "build and review" · ${cast.says}`)
  const screen = showRun(cli, filter)
  const { buildAndReview } = await import('../../examples/build-and-review.ts')
  const around = { ...cast.surroundings, env: { RAMURE_HOME: cli.folders.root }, onEntry: screen.show, signal: cli.watching }
  try {
    const result = await surroundedBy(around, () => buildAndReview(spec))
    finish(cli, screen.run(), result)
    return EXIT.ok
  } catch (error) {
    if (cli.watching.aborted) return watchedEnough(cli)
    if (screen.run() !== null) cli.output.talk(nextCommands(screen.run() ?? '', cli.env))
    throw error
  }
}

interface Cast {
  /** Who plays, in words. */
  readonly says: string
  readonly surroundings: Surroundings
}

/** Real pi with the user's model, real pi with the scripted model, or scripted agents when pi or tmux is missing. */
async function chooseCast(cli: Cli, options: Parameters<Action>[2], opened: Opened): Promise<Cast> {
  const model = textOption(options, 'model')
  if (options['scripted'] === true) return scriptedCast('as asked')
  const missing = await missingForPi(cli)
  if (missing !== null && model === undefined) return scriptedCast(missing)
  const { piDriver } = await import('../machines/pi.ts')
  if (model !== undefined) {
    const pi = piDriver({ defaultModel: model })
    opened.defer(() => pi.close())
    return { says: `two pi agents in tmux, ${model}: this uses your key`, surroundings: { pi } }
  }
  const { startModelServer } = await import('../testing/model-server.ts')
  const { piConfig } = await import('../testing/pi-config.ts')
  const server = await startModelServer({ respond: demoModel })
  opened.defer(() => server.close())
  const folder = await mkdtemp(join(tmpdir(), 'ramure-demo-'))
  opened.defer(() => rm(folder, { recursive: true, force: true }))
  const { env, model: scripted } = await piConfig(folder, server)
  const pi = piDriver({ env, defaultModel: scripted, extraArgs: OWN_NOTHING })
  opened.defer(() => pi.close())
  return { says: 'two real pi agents in tmux, a scripted model on loopback: no key, no network', surroundings: { pi } }
}

/** The demo looks the same everywhere: a user's own extensions and instructions stay out of it. */
const OWN_NOTHING = ['--no-extensions', '--no-skills', '--no-prompt-templates', '--no-context-files']

function scriptedCast(why: string): Cast {
  return {
    says: `scripted agents (${why}): no key, no network, no tmux`,
    surroundings: { driver: () => ({ name: 'scripted', play: playDemo }) },
  }
}

async function missingForPi(cli: Cli): Promise<string | null> {
  const { findPi, findTmux } = await import('../machines/pi-find.ts')
  if ((await findPi(cli.env)) === null) return 'pi was not found'
  return (await findTmux(cli.env)) === null ? 'tmux was not found' : null
}

/** The demo is for people, also when it is piped. */
const PIPED_WIDTH = 110

/** Prints the run as it happens; `--json` prints the entries themselves. */
function showRun(cli: Cli, filter: EntryFilter): { show: (entry: Entry, run: string) => void; run: () => string | null } {
  let shown: string | null = null
  let since: string | null = null
  const format = entryFormatter()
  const { output } = cli
  return {
    run: () => shown,
    show(entry, run) {
      if (shown === null) output.talk(`run ${run}   log ${join(cli.folders.logs, run, 'events.jsonl')}\n`)
      shown = run
      since ??= entry.time
      const text = format(entry, { width: output.width ?? PIPED_WIDTH, colour: output.colour, since })
      if (output.json) output.print(JSON.stringify(entry))
      else if (!filter.folds(entry)) output.print(text)
    },
  }
}

function finish(cli: Cli, run: string | null, result: unknown): void {
  const lines = String(result).split('\n').length
  cli.output.talk(`\n✔ the reviewer approved ${lines} lines of code\n${nextCommands(run ?? '', cli.env)}`)
}

function nextCommands(run: string, env: NodeJS.ProcessEnv): string {
  // After `npm run demo` in a checkout nothing called ramure is on the PATH yet.
  const ramure = env['npm_lifecycle_event'] === 'demo' ? 'npx ramure' : 'ramure'
  const name = run.split('-').slice(0, 2).join('-')
  const commands: readonly (readonly [string, string])[] = [
    [`${ramure} replay ${name}`, 'the same code on the recorded answers: zero agents'],
    [`${ramure} tail ${name} -n all`, 'every event'],
    [`${ramure} status ${name}`, 'who did what'],
    ['examples/build-and-review.ts', 'the program: copy it'],
  ]
  const width = Math.max(...commands.map(([command]) => command.length))
  return ['', ...commands.map(([command, meaning]) => `  ${command.padEnd(width)}   ${meaning}`)].join('\n')
}
