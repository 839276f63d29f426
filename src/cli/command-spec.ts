import type { Action } from './cli.ts'

/** A command as `--help` tells it, and where its body is. */
export interface CommandSpec {
  readonly name: string
  /** As commander writes arguments: `<needed>`, `[optional]`, `[many...]`. */
  readonly args: string
  readonly summary: string
  readonly options: readonly (readonly [flags: string, description: string])[]
  /** What belongs between the options and the examples. */
  readonly notes?: string
  readonly examples: readonly [command: string, meaning: string][]
  /** Default false: the folder of the logs must be there when it was named. */
  readonly makesLogs?: boolean
  load(): Promise<{ readonly run: Action }>
}

export const ID = ['-i, --id <prefix>', 'the run, by any unique prefix of its id'] as const
export const AS = ['--as <who>', 'who asks, as the log names it (default: cli)'] as const
