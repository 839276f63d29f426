import { RamureError } from '../log/error.ts'
import { agentEnded, chooseAgent } from './agents.ts'
import { takeOver } from './attach.ts'
import { type Action, textOption } from './cli.ts'
import { loadRun } from './load.ts'
import { chooseRun } from './runs.ts'

/** `ramure connect [agent]`: the agent's terminal. Detaching (Ctrl-b d) leaves the agent at work. */
export const run: Action = async (cli, [wanted], options) => {
  const chosen = await chooseRun(cli, textOption(options, 'id'))
  const { state } = await loadRun(cli, chosen)
  const agent = chooseAgent(wanted, [...state.agents.byName.values()], chosen)
  if (agent.state === 'exited') throw agentEnded(agent, chosen, 'there is nothing to attach to')
  if (agent.tmuxSession === null) throw notAttachable(agent.name, agent.driver, chosen)
  // The exact target: without "=" tmux takes any session that begins like it.
  const mode = options['readOnly'] === true ? ['-r'] : []
  const command = ['tmux', '-L', `ramure-${chosen}`, 'attach-session', ...mode, '-t', `=${agent.tmuxSession}`] as const
  if (cli.output.json) return cli.output.answer({ run: chosen, agent: agent.name, session: agent.tmuxSession, command }, () => '')
  const { TMUX: _outer, ...env } = cli.env
  return takeOver([...command], { env })
}

function notAttachable(agent: string, driver: string, run: string): RamureError {
  return new RamureError('ERR_AGENT_NOT_ATTACHABLE', `${agent} has no terminal: it is driven by "${driver}".`, {
    hint: `what it does  ramure tail -f ${run} --agent ${agent}`,
  })
}
