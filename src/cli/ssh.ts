import { RamureError } from '../log/error.ts'
import { agentEnded, chooseAgent } from './agents.ts'
import { takeOver } from './attach.ts'
import { type Action, textOption } from './cli.ts'
import { loadRun } from './load.ts'
import { chooseRun } from './runs.ts'
import { plain } from './text.ts'

/** `ramure ssh [agent]`: a shell where the agent works. */
export const run: Action = async (cli, [wanted, ...command], options) => {
  const chosen = await chooseRun(cli, textOption(options, 'id'))
  const { state, life } = await loadRun(cli, chosen)
  const agent = chooseAgent(wanted, [...state.agents.byName.values()], chosen, life)
  if (agent.state === 'exited' && options['force'] !== true) throw agentEnded(agent, chosen, 'its machine may be gone (--force tries)')
  const workdir = workdirOf(state.machines.byName.get(agent.machine), agent.machine, chosen)
  const shell = cli.env['SHELL'] || '/bin/bash'
  const line: [string, ...string[]] = command.length > 0 ? [command[0] as string, ...command.slice(1)] : [shell]
  if (cli.output.json)
    return cli.output.answer({ run: chosen, agent: agent.name, machine: agent.machine, workdir, command: line }, () => '')
  cli.output.talk(`${agent.name} ${VERBS[life]} in ${plain(workdir, 400)}`)
  return takeOver(line, { env: { ...cli.env, RAMURE_RUN: chosen }, cwd: workdir })
}

const VERBS = { live: 'works', unknown: 'works, if it lives,', orphaned: 'is lost; it worked', ended: 'worked' } as const

function workdirOf(
  machine: { readonly kind: string; readonly description: { readonly [key: string]: unknown } } | undefined,
  name: string,
  run: string,
): string {
  const workdir = machine?.description['workdir']
  if (machine?.kind === 'LocalMachine' && typeof workdir === 'string') return workdir
  const found = machine ? `it is a ${machine.kind}` : 'it has been stopped, or was never recorded'
  throw new RamureError('ERR_MACHINE_NOT_FOUND', `The machine ${name} cannot be entered from here: ${found}.`, {
    hint: `what happened there  ramure tail ${run} --type 'exec_*'`,
  })
}
