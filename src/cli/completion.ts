/** `ramure completion bash|zsh|fish`: the script that lets a shell ask what could come next. */
import { RamureError } from '../log/error.ts'
import type { Action } from './cli.ts'
import { SCRIPTS } from './completion-scripts.ts'
import { suggest } from './suggest.ts'
import { plain } from './text.ts'

export const run: Action = async (cli, [shell = '']) => {
  const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell as keyof typeof SCRIPTS] : undefined
  if (script === undefined) throw unknownShell(shell)
  cli.output.answer({ shell, script }, () => script.trimEnd())
}

function unknownShell(shell: string): RamureError {
  const near = suggest(shell, Object.keys(SCRIPTS))
  const meant = near.length > 0 ? `did you mean  ${near.join('  or  ')}         ` : ''
  return new RamureError('ERR_USAGE', `There is no completion for "${plain(shell, 80)}".`, { hint: `${meant}shells  bash, zsh, fish` })
}
