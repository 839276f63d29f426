/** The commands that a report on a replay names next: each can be run as it stands. */
import type { Options } from './cli.ts'
import { plain } from './text.ts'

export interface ReplayCommands {
  /** `ramure replay brisk-otter`, with what it was told of the program and of the inputs. */
  readonly replay: string
  /** `ramure show brisk-otter`; a number follows. */
  readonly show: string
  /** `ramure verify brisk-otter`. */
  readonly verify: string
  /** What follows the number. */
  readonly showWhere: string
  /** Whether it goes on after the first difference already. */
  readonly isLenient: boolean
  /** Whether inputs were changed: what comes of that is no new recording. */
  readonly isWhatIf: boolean
}

/** @param name of the recording in a shell: a path, or the beginning of a run's id. */
export function replayCommands(name: string, options: Options = {}): ReplayCommands {
  const given = (option: string, flag: string) =>
    [options[option] ?? []].flat().map((value) => ` --${flag} ${shellWord(typeof value === 'string' ? value : String(value))}`)
  const where = given('logDir', 'log-dir').join('')
  const edited = options['edited'] === true ? ' --edited' : ''
  const tweaks = ['set', 'drop', 'dup', 'delay'].flatMap((option) => given(option, option))
  return {
    replay: `ramure replay ${name}${where}${given('program', 'program').join('')}${edited}${tweaks.join('')}`,
    show: `ramure show ${name}`,
    verify: `ramure verify ${name}${where}`,
    showWhere: where,
    isLenient: options['lenient'] === true || tweaks.length > 0,
    isWhatIf: tweaks.length > 0,
  }
}

/** A word as a shell takes it for itself: quoted when it has to be. */
export function shellWord(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${plain(word).replaceAll("'", "'\\''")}'`
}
