/** What every command works with. */
import { type HomeFolders, homeFolders } from '../log/home.ts'
import { jsonlStore } from '../log/jsonl.ts'
import type { LogStore } from '../log/store.ts'
import { EXIT } from './exit-code.ts'
import { createOutput, type Output, type OutputStreams } from './output.ts'

export interface Cli {
  readonly env: NodeJS.ProcessEnv
  readonly folders: HomeFolders
  readonly store: LogStore
  readonly output: Output
  /** Aborts when the user interrupts. */
  readonly signal: AbortSignal
  /** Aborts when nobody watches any more: the user interrupts, or the reader of stdout has gone. For what only shows something. */
  readonly watching: AbortSignal
  /** Wall clock, ms since 1970. */
  now(): number
  readonly timeZone: string
}

export interface CliWorld extends OutputStreams {
  readonly signal: AbortSignal
  /** Aborts when the reader of stdout has gone; default never. */
  readonly readerGone?: AbortSignal
  now(): number
  readonly timeZone: string
}

/** The values of a command's options by their long name, as the parser gives them. */
export type Options = Readonly<Record<string, unknown>>
/** What a command does; resolves with its exit code, nothing means 0. */
export type Action = (cli: Cli, args: readonly string[], options: Options) => Promise<number | void>

/** Throws ERR_NO_HOME. */
export function createCli(world: CliWorld, options: Options): Cli {
  const logDir = textOption(options, 'logDir')
  const folders = homeFolders(world.env, logDir, process.cwd())
  return {
    env: world.env,
    folders,
    store: jsonlStore(folders.logs),
    output: createOutput(world, options['json'] === true),
    signal: world.signal,
    watching: world.readerGone ? AbortSignal.any([world.signal, world.readerGone]) : world.signal,
    now: world.now,
    timeZone: world.timeZone,
  }
}

/** The exit code of watching that ended before there was nothing more to see: a reader who has seen enough is no failure. */
export function watchedEnough({ signal }: Cli): number {
  return signal.aborted ? EXIT.interrupted : EXIT.ok
}

export function textOption(options: Options, name: string): string | undefined {
  const value = options[name]
  return typeof value === 'string' ? value : undefined
}
