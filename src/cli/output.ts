/** Where a command speaks: data to stdout, talk to stderr, in the width and colours that are wanted there. */
import { stripVTControlCharacters } from 'node:util'
import { type Paint, painter } from './paint.ts'
import { displayWidth } from './text.ts'

export interface Output {
  /** True when answers are wanted for machines. */
  readonly json: boolean
  /** Columns of the terminal; null when stdout is none: then nothing is cut. */
  readonly width: number | null
  readonly colour: boolean
  readonly paint: Paint
  /** Writes lines of data. */
  print(text: string): void
  /** Writes a piece of data as it is; resolves when there is room for more. */
  write(text: string): Promise<void>
  /** Says something beside the data; silent with `--json`. */
  talk(text: string): void
  /** Shows a line that the next one replaces, where stderr is a terminal; null takes it away. */
  progress(text: string | null): void
  /** The answer of a command: the envelope, or `text` when people asked. */
  answer(data: unknown, text: () => string): void
  /** Whether stdout is a terminal, where what was shown can be shown again in its place. */
  readonly isTerminal: boolean
  /** Shows `text` in the place of what it showed before, as much of it as the terminal is high. Only for a terminal. */
  redraw(text: string): void
}

export interface OutputStreams {
  readonly stdout: {
    write(text: string): unknown
    once?(event: 'drain', listener: () => void): unknown
    readonly isTTY?: boolean
    readonly columns?: number
    readonly rows?: number
  }
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean }
  readonly env: NodeJS.ProcessEnv
}

export function createOutput({ stdout, stderr, env }: OutputStreams, json: boolean): Output {
  const colour = !json && wantsColour(stdout.isTTY === true, env)
  const print = (text: string) => void stdout.write(`${text}\n`)
  return {
    json,
    // Asked each time: a terminal changes its size while something is watched in it.
    get width() {
      return widthOf(stdout, env)
    },
    colour,
    paint: painter(colour),
    print,
    write: (text) => writeAll(stdout, text),
    talk: (text) => void (json || stderr.write(`${text}\n`)),
    progress: (text) => void (json || stderr.isTTY !== true || stderr.write(`\r\x1b[K${text ?? ''}`)),
    answer: (data, text) => print(json ? envelope(data) : text()),
    isTerminal: stdout.isTTY === true,
    redraw: redrawer(stdout),
  }
}

function redrawer(stdout: OutputStreams['stdout']): (text: string) => void {
  let before: readonly string[] = []
  return (text) => {
    const columns = stdout.columns ?? 80
    const height = Math.max(2, (stdout.rows ?? 24) - 1)
    const lines = text.split('\n')
    // A line above the top of the terminal could not be reached again.
    const shown = lines.length <= height ? lines : [...lines.slice(0, height - 1), `… ${lines.length - height + 1} more lines`]
    // What was shown before has been wrapped anew if the terminal is another size by now.
    const rows = before.reduce((sum, line) => sum + Math.max(1, Math.ceil(displayWidth(stripVTControlCharacters(line)) / columns)), 0)
    stdout.write(`${rows === 0 ? '' : `\x1b[${rows}A\x1b[J`}${shown.join('\n')}\n`)
    before = shown
  }
}

/** A pipe that nobody empties would otherwise fill the memory. */
function writeAll(stdout: OutputStreams['stdout'], text: string): Promise<void> {
  return new Promise((resolve) => {
    if (stdout.write(text) === false && stdout.once) stdout.once('drain', resolve)
    else resolve()
  })
}

/** What every command says to a machine when it went well. */
function envelope(data: unknown): string {
  return JSON.stringify({ v: 1, ok: true, data })
}

/** NO_COLOR, then FORCE_COLOR, then whether it is a terminal that can. */
export function wantsColour(isTTY: boolean, env: NodeJS.ProcessEnv): boolean {
  if (env['NO_COLOR']) return false
  if (env['FORCE_COLOR'] !== undefined) return env['FORCE_COLOR'] !== '0' && env['FORCE_COLOR'] !== 'false'
  return isTTY && env['TERM'] !== 'dumb'
}

/** COLUMNS counts when it was exported, so that a piped command can be told how wide to be. */
function widthOf(stdout: OutputStreams['stdout'], env: NodeJS.ProcessEnv): number | null {
  const told = Number(env['COLUMNS'])
  if (Number.isSafeInteger(told) && told >= 20) return told
  return stdout.isTTY === true ? (stdout.columns ?? 80) : null
}
