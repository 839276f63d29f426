import { RamureError } from '../log/error.ts'
import { agentNotFound } from './agents.ts'
import type { Action } from './cli.ts'
import { textOption } from './cli.ts'
import { agentNames, callerOf, speak } from './live.ts'

/** `ramure send [agent] <text…>`: a message to an agent of a live run. */
export const run: Action = (cli, words, options) =>
  speak(cli, textOption(options, 'id'), async (live, line) => {
    const names = await agentNames(line)
    const { agent, text } = addressee(words, names, live.run)
    const answer = await line.request({ cmd: 'send', agent, text, caller: callerOf(options) })
    const verdict = typeof answer['verdict'] === 'string' ? answer['verdict'] : 'unconfirmed'
    cli.output.answer({ run: live.run, agent, verdict }, () =>
      verdict === 'delivered' ? `Sent to ${agent}.` : `Sent to ${agent} (${verdict}).`,
    )
  })

/** One word or text goes to the only agent. */
function addressee(words: readonly string[], names: readonly string[], run: string): { readonly agent: string; readonly text: string } {
  const [first = '', ...rest] = words
  const said = rest.length > 0 ? rest.join(' ') : names.includes(first) && names.length > 1 ? '' : first
  if (said.trim() === '') throw missingText(names.includes(first) ? first : (names[0] ?? '<agent>'))
  if (rest.length > 0) {
    if (!names.includes(first)) throw agentNotFound(first, names, run)
    return { agent: first, text: rest.join(' ') }
  }
  const [only, ...others] = names
  if (only !== undefined && others.length === 0) return { agent: only, text: first }
  const listed = names.map((name) => `\n  ${name}`).join('')
  throw new RamureError('ERR_AGENT_AMBIGUOUS', names.length === 0 ? `${run} has no agents.` : `Which agent of ${run}?${listed}`, {
    hint: `ramure send <agent> "${first.length > 40 ? '…' : first}"`,
  })
}

function missingText(agent: string): RamureError {
  return new RamureError('ERR_MISSING_TEXT', `There is nothing to send to ${agent}: the text is empty.`, {
    hint: `for example  ramure send ${agent} "use the other parser"`,
  })
}
