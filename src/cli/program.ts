/** The command line as a function: arguments and a world in, an exit code out. It never ends the process. */
import { Command, CommanderError } from 'commander'
import { RamureError } from '../log/error.ts'
import type { CliWorld, Options } from './cli.ts'
import type { CommandSpec } from './command-spec.ts'
import { commands } from './commands.ts'
import { type Failure, failureEnvelope, failureOf, failureText } from './error-text.ts'
import { EXIT } from './exit-code.ts'
import { checkNode } from './node-version.ts'
import { wantsColour } from './output.ts'
import { painter } from './paint.ts'

export interface ProgramWorld extends CliWorld {
  readonly version: string
  /** The Node it runs under; default the one it does run under. */
  readonly nodeVersion?: string
}

/** Runs one command; resolves with its exit code, whatever went wrong. */
export async function runProgram(argv: readonly string[], world: ProgramWorld): Promise<number> {
  // Asked by shells at every Tab: before anything is built, and never a failure.
  if (argv[0] === '__complete') {
    await import('./complete.ts').then(({ complete }) => complete(argv.slice(1), world))
    return EXIT.ok
  }
  let exit: number = EXIT.ok
  const program = build(world, (code) => void (exit = code))
  try {
    // Without a command there is nothing to do but say what there is.
    if (argv.length === 0) program.outputHelp()
    else await program.parseAsync([...argv], { from: 'user' })
    return exit
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok
    if (world.signal.aborted) return EXIT.interrupted
    return report(failureFor(error, argv), argv, world)
  }
}

function build(world: ProgramWorld, done: (exit: number) => void): Command {
  const program = new Command('ramure')
    .description('Coordinates coding agents; records every decision in one log per run.')
    .version(world.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'what there is')
    .helpCommand('help [command]', 'what there is of one command')
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({ writeOut: (text) => void world.stdout.write(text), writeErr: () => {} })
    .addHelpText('after', HELP_AFTER)
  for (const spec of commands) addCommand(program, spec, world, done)
  return program
}

const HELP_AFTER = `
Every command takes --json and has examples in its --help. A run is named by any prefix of its id.

Examples:
  ramure ls                 what runs now
  ramure status brisk       who does what in the run brisk-otter-…`

function addCommand(program: Command, spec: CommandSpec, world: ProgramWorld, done: (exit: number) => void): void {
  const command = program.command(`${spec.name} ${spec.args}`.trim()).description(spec.summary).exitOverride()
  command.configureOutput({ writeOut: (text) => void world.stdout.write(text), writeErr: () => {} })
  for (const [flags, description] of spec.options) command.option(flags, description)
  command.option('--log-dir <folder>', 'where the logs are (default: ~/.ramure/logs)').option('--json', 'the answer as JSON')
  command.helpOption('-h, --help', 'this text').addHelpText('after', examplesText(spec))
  command.action(async () => {
    checkNode(world.nodeVersion ?? process.versions.node)
    // Loaded here, so that help and usage errors come at once.
    const [{ createCli }, { run }] = await Promise.all([import('./cli.ts'), spec.load()])
    const options = command.opts<Options>()
    if (spec.makesLogs !== true && options['logDir'] !== undefined)
      await import('./log-dir.ts').then(({ mustBeThere }) => mustBeThere(options))
    done((await run(createCli(world, options), command.args, options)) ?? EXIT.ok)
  })
}

function examplesText({ notes = '', examples }: CommandSpec): string {
  const width = Math.max(...examples.map(([command]) => command.length))
  return `${notes}${notes === '' ? '' : '\n'}\nExamples:\n${examples.map(([command, meaning]) => `  ${command.padEnd(width)}   ${meaning}`).join('\n')}`
}

/** What commander found wrong with the arguments, in our words. */
function failureFor(error: unknown, argv: readonly string[]): Failure {
  if (!(error instanceof CommanderError)) return failureOf(error)
  // What commander says of `help` for a command that does not exist is only a name of its own.
  const said = error.code === 'commander.help' ? `Unknown command '${argv[1] ?? ''}'` : error.message
  const [message = '', suggestion] = said.replace(/^error: /, '').split('\n')
  const meant = suggestion === undefined ? '' : `did you mean  ${suggestion.replace(/^\(Did you mean (?:one of )?|\?\)$/g, '')}         `
  return failureOf(new RamureError('ERR_USAGE', sentence(message), { hint: `${meant}${helpFor(argv)}` }))
}

function helpFor([name]: readonly string[]): string {
  const known = commands.some((spec) => spec.name === name)
  return known ? `how it is used  ramure ${name} --help` : 'all commands  ramure --help'
}

function sentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1)
  return capital.endsWith('.') ? capital : `${capital}.`
}

function report(failure: Failure, argv: readonly string[], world: ProgramWorld): number {
  if (argv.includes('--json')) world.stdout.write(`${failureEnvelope(failure)}\n`)
  else world.stderr.write(`${failureText(failure, painter(wantsColour(world.stderr.isTTY === true, world.env)))}\n`)
  return failure.exit
}
