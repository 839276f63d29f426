/** Agents played by pi, each in a tmux session of its own that people can watch and join. */
import { rm } from 'node:fs/promises'
import { RamureError } from '../log/error.ts'
import type { AgentDriver, LaunchSpec, RunningAgent } from './driver.ts'
import { mustBeFolder } from './folder.ts'
import { askPi, checkNode, findExtension, findPi, type PiCommand } from './pi-find.ts'
import { agentMarks, piArgv, piEnv, writePiFiles } from './pi-launch.ts'
import { type StopDeadlines, watchPi } from './pi-process.ts'
import { createSlots } from './slots.ts'
import { sweep } from './sweep.ts'
import { type TmuxServer, tmuxServer } from './tmux.ts'
import { unlessAborted } from './unless-aborted.ts'

export interface PiDriverOptions {
  /** Path of pi's cli.js or executable; default: `findPi`. */
  readonly pi?: string
  /** Node that runs pi; default the one that runs this. */
  readonly node?: string
  /** Laid over each machine's environment: keys, PI_CODING_AGENT_DIR. Default nothing. */
  readonly env?: Readonly<Record<string, string>>
  /** pi's configuration folder; default its own, with the user's logins and models. */
  readonly configDir?: string
  /** Model of agents that name none, `provider/model`; default pi's own. */
  readonly defaultModel?: string
  /** The extension that connects pi to the run; default the one that came with this code. */
  readonly extensionFile?: string
  /** More options for pi, after all others. */
  readonly extraArgs?: readonly string[]
  /** How many start at once, since each start takes about 0.4 s of two processor cores; default 4. */
  readonly launchesMax?: number
  /** Whether pi loads the settings and extensions of the folder that it works in; default false. */
  readonly trustProject?: boolean
  /** Bytes of a tool's result that are recorded, 0 for all; default 16384. */
  readonly toolResultBytesMax?: number
  /** Bytes of a message that are recorded, 0 for all; default 16384. */
  readonly messageBytesMax?: number
  readonly stopDeadlines?: StopDeadlines
}

export interface PiDriver extends AgentDriver {
  readonly name: 'pi'
  /** Stops every agent and what it left behind, then ends the tmux servers; no launch works afterwards. Idempotent. */
  close(): Promise<void>
}

/** A pi that is not up by then does not hold back the next ones. */
const UP_MS = 15_000

/**
 * Nothing is started before the first `launch`. It rejects with an AbortError, ERR_PI_NOT_FOUND, ERR_PI_TOO_OLD, ERR_NODE_TOO_OLD,
 * ERR_TMUX_NOT_FOUND, ERR_WORKDIR, ERR_MODEL_NAME or ERR_AGENT_LAUNCH. A slot of `launchesMax` is held until pi has taken
 * its agent file (the costly part is over then) or has ended.
 */
export function piDriver(options: PiDriverOptions = {}): PiDriver {
  const slots = createSlots(options.launchesMax ?? 4)
  const servers = new Map<string, TmuxServer>()
  const launched = new Set<RunningAgent>()
  const launching = new Set<Promise<RunningAgent>>()
  const closing = new AbortController()
  let pi: Promise<Installed> | null = null

  const serverOf = (spec: LaunchSpec): TmuxServer => {
    const server = servers.get(spec.run) ?? tmuxServer(spec.run, { env: spec.machine.env })
    servers.set(spec.run, server)
    return server
  }
  const installed = (spec: LaunchSpec): Promise<Installed> =>
    (pi ??= findInstalled(options, { ...spec.machine.env, ...options.env }).catch((error: unknown) => {
      pi = null
      throw error
    }))

  async function launchNow(spec: LaunchSpec): Promise<RunningAgent> {
    const unwanted = AbortSignal.any([spec.signal, closing.signal])
    const { command, extensionFile } = await unlessAborted(installed(spec), unwanted, 'The launch')
    const release = await slots.take(unwanted)
    try {
      const agent = await start(spec, serverOf(spec), { ...options, command, extensionFile })
      void agent.up.then(release)
      const listed: RunningAgent = { ...agent, stop: () => agent.stop().finally(() => launched.delete(listed)) }
      launched.add(listed)
      return listed
    } catch (error) {
      release()
      throw error instanceof RamureError && error.code !== 'ERR_TMUX' ? error : launchError(spec, error)
    }
  }

  /** Remembered while it is under way, so that `close` leaves nothing that began before it. */
  function launch(spec: LaunchSpec): Promise<RunningAgent> {
    const work = launchNow(spec)
    launching.add(work)
    return work.finally(() => launching.delete(work))
  }

  async function close(): Promise<void> {
    closing.abort(new RamureError('ERR_AGENT_LAUNCH', 'The driver was closed.'))
    await Promise.allSettled(launching)
    await Promise.all([...launched].map((agent) => agent.stop()))
    await Promise.all([...servers.values()].map((server) => server.close()))
    servers.clear()
  }

  return { name: 'pi', can: { steer: true, lateTools: true, attach: true, usage: true }, launch, close }
}

interface Installed {
  readonly command: PiCommand['argv']
  readonly extensionFile: string
}

async function findInstalled(options: PiDriverOptions, env: Readonly<Record<string, string>>): Promise<Installed> {
  if (options.node === undefined) checkNode()
  const path = options.pi ?? (await findPi(env))
  if (path === null) {
    throw new RamureError('ERR_PI_NOT_FOUND', 'pi was not found: it is neither named by RAMURE_PI nor on PATH.', {
      hint: 'Install it with `npm install -g @earendil-works/pi-coding-agent`, or set RAMURE_PI to its cli.js.',
    })
  }
  const extensionFile = options.extensionFile ?? (await findExtension())
  if (extensionFile === null) {
    throw new RamureError('ERR_AGENT_LAUNCH', 'The extension that connects pi to a run is missing.', {
      hint: 'Run `npm run build` in a checkout.',
    })
  }
  const { argv } = await askPi(path, options.node ?? process.execPath, env)
  return { command: argv, extensionFile }
}

async function start(spec: LaunchSpec, server: TmuxServer, options: PiDriverOptions & Installed): Promise<ReturnType<typeof watchPi>> {
  const session = `ramure-${spec.run}-${spec.agent}`
  const marks = agentMarks(spec)
  const env = piEnv(spec, {
    base: options.env ?? {},
    configDir: options.configDir ?? null,
    trustProject: options.trustProject ?? false,
    toolResultBytesMax: options.toolResultBytesMax ?? null,
    messageBytesMax: options.messageBytesMax ?? null,
  })
  await mustBeFolder(spec.machine.workdir)
  await server.start()
  if (await server.kill(session)) await sweep(marks, 1000)
  const files = await writePiFiles(spec, env)
  try {
    const argv = piArgv(spec, files, {
      command: options.command,
      extensionFile: options.extensionFile,
      model: spec.model ?? options.defaultModel ?? null,
      extraArgs: options.extraArgs ?? [],
    })
    const pid = await server.newSession(session, spec.machine.workdir, argv)
    const { agentFile } = spec.link
    return watchPi({ pid, session, server, stderrFile: files.stderr, agentFile, marks }, options.stopDeadlines ?? {}, UP_MS)
  } catch (error) {
    // The pane's shell removes it; without a pane nobody would, and it holds keys.
    await rm(files.env, { force: true })
    throw error
  }
}

function launchError(spec: LaunchSpec, cause: unknown): RamureError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new RamureError('ERR_AGENT_LAUNCH', `Agent '${spec.agent}' could not be started: ${why}`, {
    cause,
    hint: 'Run `ramure doctor` to check pi and tmux.',
  })
}
