/** What a report on a replay proposes to run next. */
import type { Divergence, Verdict } from '../replay/verdict.ts'
import { type ReplayCommands, replayCommands } from './replay-commands.ts'

/** By the first words of the run's id, which are enough in most places. */
export function commandsOf({ run }: Verdict): ReplayCommands {
  return replayCommands(run.split('-').slice(0, 2).join('-'))
}

/** After a difference. */
export function nextText(first: Divergence, { replay, show, showWhere, isLenient, isWhatIf }: ReplayCommands, width: number): string[] {
  const commands: readonly (readonly [command: string, what: string])[] = [
    [`${replay} --inspect ${first.seq}`, 'stop there in the debugger'],
    ...(isLenient ? [] : [[`${replay} --lenient`, 'go on and list every difference'] as const]),
    [`${show} ${first.seq}${showWhere}`, 'the recorded entry whole'],
    ...(isWhatIf ? [] : [[`${replay} --accept`, 'record this as a new expected run'] as const]),
  ]
  return commandLines(commands, width)
}

/** After a recording that was changed since it was written. */
export function changedNext({ replay, verify }: ReplayCommands, width: number): string[] {
  return commandLines(
    [
      [verify, 'what can be known of it'],
      [`${replay} --edited`, 'when it was changed on purpose'],
    ],
    width,
  )
}

function commandLines(commands: readonly (readonly [command: string, what: string])[], width: number): string[] {
  const columns = Math.max(...commands.map(([command]) => command.length))
  // A command is never cut; what it is for may go.
  const hasRoom = commands.every(([, what]) => 10 + columns + what.length <= width)
  return commands.map(
    ([command, what], at) => `  ${at === 0 ? 'next' : '    '}  ${hasRoom ? `${command.padEnd(columns)}  ${what}` : command}`,
  )
}
