/** Which agent is meant: a name, or none for the only one. */
import { RamureError } from '../log/error.ts'
import type { AgentState } from '../projections/agents.ts'
import { textOfMs } from '../projections/moment.ts'
import { STATE_WORDS } from './agent-words.ts'
import type { Life } from './load.ts'
import { suggest } from './suggest.ts'
import { plain } from './text.ts'

/** @param life of the run: agents of one that is gone are lost. Throws ERR_AGENT_NOT_FOUND, ERR_AGENT_AMBIGUOUS. */
export function chooseAgent(wanted: string | undefined, agents: readonly AgentState[], run: string, life: Life): AgentState {
  if (wanted !== undefined)
    return (
      agents.find((agent) => agent.name === wanted) ??
      raise(
        agentNotFound(
          wanted,
          agents.map((agent) => agent.name),
          run,
        ),
      )
    )
  const present = agents.filter((agent) => agent.state !== 'exited')
  if (present.length === 1) return present[0] as AgentState
  if (agents.length === 0)
    throw new RamureError('ERR_AGENT_NOT_FOUND', `${run} has no agents yet.`, { hint: `what it does  ramure tail ${run}` })
  if (present.length === 0) throw allEnded(agents, run)
  const listed = present.map((agent) => `\n  ${agent.name}   ${agent.driver}, ${stateText(agent, life)}`).join('')
  throw new RamureError('ERR_AGENT_AMBIGUOUS', `Which agent of ${run}?${listed}`, { hint: 'Name one of them.' })
}

/** What was heard last of an agent is no news of it when nobody is there to hear more. */
function stateText({ state }: AgentState, life: Life): string {
  const word = STATE_WORDS[state]
  if (life === 'live') return word
  return life === 'unknown' ? `${word} when last heard of` : `lost, was ${word}`
}

function allEnded(agents: readonly AgentState[], run: string): RamureError {
  const names = agents.slice(-12).map(({ name }) => name)
  return new RamureError(
    'ERR_AGENT_ENDED',
    `No agent of ${run} is there any more: ${names.join(', ')} ${names.length === 1 ? 'has' : 'have'} ended.`,
    {
      hint: `what they did  ramure tail ${run}         how it came to this  ramure why ${run}`,
    },
  )
}

export function agentNotFound(wanted: string, names: readonly string[], run: string): RamureError {
  const near = suggest(wanted, names)
  const listed = names.length > 0 ? `its agents  ${names.slice(0, 12).join(', ')}` : `${run} has no agents`
  return new RamureError('ERR_AGENT_NOT_FOUND', `${run} has no agent called "${plain(wanted, 80)}".`, {
    hint: near.length > 0 ? `did you mean  ${near.join('  or  ')}         ${listed}` : listed,
  })
}

/** ERR_AGENT_ENDED: nothing can be asked of it any more. */
export function agentEnded(agent: AgentState, run: string, wish: string): RamureError {
  const { cause, code, time } = agent.exit ?? { cause: 'exited', code: null, time: textOfMs(agent.lastMs) }
  const how = [cause, code === null ? null : `exit ${code}`].filter((part) => part !== null).join(', ')
  return new RamureError('ERR_AGENT_ENDED', `${agent.name} has ended (${plain(how, 80)} at ${time}), ${wish}.`, {
    hint: `what it did  ramure tail ${run} --agent ${agent.name}`,
  })
}

function raise(error: Error): never {
  throw error
}
