import { execFile } from 'node:child_process'
import { RamureError } from '../log/error.ts'
import { agentEnded, chooseAgent } from './agents.ts'
import { takeOver } from './attach.ts'
import { type Action, textOption } from './cli.ts'
import { type Life, loadRun } from './load.ts'
import { chooseRun } from './runs.ts'

/** `ramure connect [agent]`: the agent's terminal. Detaching (Ctrl-b d) leaves the agent at work. */
export const run: Action = async (cli, [wanted], options) => {
  const chosen = await chooseRun(cli, textOption(options, 'id'))
  const { state, life } = await loadRun(cli, chosen)
  const agent = chooseAgent(wanted, [...state.agents.byName.values()], chosen, life)
  if (agent.state === 'exited') throw agentEnded(agent, chosen, 'there is nothing to attach to')
  if (agent.tmuxSession === null) throw notAttachable(agent.name, agent.driver, chosen)
  // The exact target: without "=" tmux takes any session that begins like it.
  const mode = options['readOnly'] === true ? ['-r'] : []
  const server = ['tmux', '-L', `ramure-${chosen}`] as const
  const command = [...server, 'attach-session', ...mode, '-t', `=${agent.tmuxSession}`] as const
  const { TMUX: _outer, ...env } = cli.env
  const isThere = await hasSession([...server, 'has-session', '-t', `=${agent.tmuxSession}`], env)
  if (cli.output.json)
    return cli.output.answer({ run: chosen, agent: agent.name, session: agent.tmuxSession, there: isThere, command }, () => '')
  if (isThere === false) throw terminalGone(agent.name, chosen, life)
  if (life === 'orphaned') cli.output.talk(`${chosen} is gone: nobody answers what ${agent.name} calls         why  ramure why ${chosen}`)
  return takeOver([...command], { env })
}

/** Null when that cannot be told: tmux is missing, or does not answer. */
function hasSession([file, ...args]: readonly [string, ...string[]], env: NodeJS.ProcessEnv): Promise<boolean | null> {
  return new Promise((resolve) => {
    execFile(file, args, { env, timeout: TMUX_MS }, (error) => resolve(error === null ? true : error.code === 1 ? false : null))
  })
}

const TMUX_MS = 5000

function terminalGone(agent: string, run: string, life: Life): RamureError {
  const what = life === 'orphaned' ? `, and so is its run` : ''
  return new RamureError('ERR_AGENT_ENDED', `The terminal of ${agent} is gone${what}: there is nothing to attach to.`, {
    hint: `what it did  ramure tail ${run} --agent ${agent}         how it came to this  ramure why ${run}`,
  })
}

function notAttachable(agent: string, driver: string, run: string): RamureError {
  return new RamureError('ERR_AGENT_NOT_ATTACHABLE', `${agent} has no terminal: it is driven by "${driver}".`, {
    hint: `what it does  ramure tail -f ${run} --agent ${agent}`,
  })
}
