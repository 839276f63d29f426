import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Entry } from '../../src/log/events.ts'
import { runIdFrom } from '../../src/log/ids.ts'
import type { LaunchSpec, RunningAgent } from '../../src/machines/driver.ts'
import { localImage } from '../../src/machines/local.ts'
import { type PiDriver, type PiDriverOptions, piDriver } from '../../src/machines/pi.ts'
import { type TmuxServer, tmuxServer } from '../../src/machines/tmux.ts'
import { type ModelServer, startModelServer } from '../../src/testing/model-server.ts'
import { piConfig } from '../../src/testing/pi-config.ts'
import { type MemoryHost, startMemoryHost } from './memory-host.ts'

/** A user's own extensions and instructions belong into real runs, not into tests. */
export const BARE = ['--no-extensions', '--no-skills', '--no-prompt-templates', '--no-context-files']

export interface Place extends AsyncDisposable {
  readonly root: string
  readonly model: ModelServer
  readonly host: MemoryHost
  readonly driver: PiDriver
  readonly tmux: TmuxServer
  /** A driver like `driver`, with these options changed. Close it. */
  driverWith(options: Partial<PiDriverOptions>): PiDriver
  /** What `launch` takes; the agent is known to the host afterwards. */
  spec(agent: string, changes?: Partial<LaunchSpec> & { workdir?: string; env?: Record<string, string> }): Promise<LaunchSpec>
  /** Launches and waits until the agent has its tools. */
  start(agent: string, changes?: Parameters<Place['spec']>[1]): Promise<RunningAgent>
}

/** A folder, a model, a server and a driver for one test file, with a run id of its own. */
export async function openPlace(): Promise<Place> {
  const root = await mkdtemp(join(tmpdir(), 'ramure-pi-'))
  const run = runIdFrom(randomBytes(7))
  const model = await startModelServer()
  const host = await startMemoryHost(run)
  const config = await piConfig(join(root, 'config'), model)
  const project = join(root, 'project')
  await mkdir(project)
  const options = { env: config.env, defaultModel: config.model, extraArgs: BARE, launchesMax: 2 }
  const drivers = [piDriver(options)]
  const agents = new Set<string>()

  const spec: Place['spec'] = async (agent, { workdir = project, env = {}, ...changes } = {}) => {
    const dir = join(root, 'agents', agent)
    await mkdir(dir, { recursive: true, mode: 0o700 })
    const token = host.add(agent)
    agents.add(agent)
    const agentFile = join(dir, 'agent.json')
    await writeFile(agentFile, JSON.stringify({ server_url: host.url, execution_id: run, agent, token }), { mode: 0o600 })
    const machine = await localImage({ workdir, env }).spawn({ cwd: root })
    const link = { serverUrl: host.url, token, agentFile }
    return { run, agent, machine, systemPrompt: null, model: null, link, dir, signal: new AbortController().signal, ...changes }
  }
  const driver = drivers[0] as PiDriver

  return {
    root,
    model,
    host,
    driver,
    tmux: tmuxServer(run, { env: { ...process.env } as Record<string, string> }),
    spec,
    driverWith(changes) {
      const made = piDriver({ ...options, ...changes })
      drivers.push(made)
      return made
    },
    async start(agent, changes) {
      const launch = await spec(agent, changes)
      const after = host.entries(agent).length
      const running = await driver.launch(launch)
      await Promise.race([host.wait(agent, isType('registered'), after), running.exited.then(failLaunch)])
      return running
    },
    async [Symbol.asyncDispose]() {
      // As a run does: agents are told to leave before they are made to.
      for (const agent of agents) host.publish(agent, 'shutdown', {})
      await Promise.all(drivers.map((each) => each.close()))
      await host.down()
      await model.close()
      await rm(root, { recursive: true, force: true })
    },
  }
}

export const isType =
  (type: Entry['type']) =>
  (entry: Entry): boolean =>
    entry.type === type

/** The agent said exactly this. */
export const says =
  (text: string) =>
  (entry: Entry): boolean =>
    entry.type === 'message_end' && entry.data.role === 'assistant' && entry.data.text === text

function failLaunch(exit: object): never {
  throw new Error(`The agent ended before it registered: ${JSON.stringify(exit)}`)
}
