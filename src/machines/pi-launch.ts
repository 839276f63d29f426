/** What one pi is started with. Nothing secret and nothing that a user wrote is on its command line. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RamureError } from '../log/error.ts'
import type { LaunchSpec } from './driver.ts'

export interface PiFiles {
  readonly env: string
  readonly systemPrompt: string | null
  readonly stderr: string
  readonly sessions: string
}

/**
 * Writes the agent's files, 0600, into its folder. What an earlier launch said on stderr is forgotten. What pi writes into
 * `sessions` has pi's modes: that folder is closed to others, and a umask would be that of everything the agent makes in the project.
 */
export async function writePiFiles(spec: LaunchSpec, env: Readonly<Record<string, string>>): Promise<PiFiles> {
  const [envFile, stderr, sessions] = [join(spec.dir, 'env.sh'), join(spec.dir, 'stderr.log'), join(spec.dir, 'sessions')]
  const systemPrompt = spec.systemPrompt ? join(spec.dir, 'system.md') : null
  await mkdir(sessions, { recursive: true, mode: 0o700 })
  await writeFile(envFile, shellExports(env), { mode: 0o600 })
  await writeFile(stderr, '', { mode: 0o600 })
  if (systemPrompt) await writeFile(systemPrompt, spec.systemPrompt ?? '', { mode: 0o600 })
  return { env: envFile, systemPrompt, stderr, sessions }
}

/** Names that a pane has from tmux, or that a shell keeps for itself. */
const OWN_NAMES = new Set(['TMUX', 'TMUX_PANE', 'TERM', 'PWD', 'OLDPWD', 'SHLVL', '_', 'IFS', 'PS1', 'PPID', 'OPTIND'])

/** The environment as a script for `sh`. Names that a shell cannot set are left out. */
export function shellExports(env: Readonly<Record<string, string>>): string {
  const isOurs = (name: string): boolean => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !OWN_NAMES.has(name)
  const lines = Object.entries(env)
    .filter(([name]) => isOurs(name))
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'\n`)
  return lines.join('')
}

export interface PiEnvOptions {
  readonly base: Readonly<Record<string, string>>
  readonly configDir: string | null
  readonly trustProject: boolean
  /** Bytes; null leaves what is set, or the extension's default. */
  readonly toolResultBytesMax: number | null
  readonly messageBytesMax: number | null
}

/** The machine's environment, the driver's over it, and what makes pi an agent of this run. */
export function piEnv(spec: LaunchSpec, options: PiEnvOptions): Record<string, string> {
  const env = { ...spec.machine.env, ...options.base }
  // A proxy would get the extension's own connection too.
  const noProxy = ['127.0.0.1', 'localhost', '::1', env.NO_PROXY ?? env.no_proxy ?? ''].filter((part) => part !== '').join(',')
  return {
    ...env,
    ...(options.configDir === null ? {} : { PI_CODING_AGENT_DIR: options.configDir }),
    ...(options.trustProject ? { RAMURE_TRUST_PROJECT: '1' } : {}),
    ...(options.toolResultBytesMax === null ? {} : { RAMURE_TOOL_RESULT_MAX_BYTES: String(options.toolResultBytesMax) }),
    ...(options.messageBytesMax === null ? {} : { RAMURE_MESSAGE_MAX_BYTES: String(options.messageBytesMax) }),
    PI_OFFLINE: '1',
    PI_SKIP_VERSION_CHECK: '1',
    PI_TELEMETRY: '0',
    NO_PROXY: noProxy,
    no_proxy: noProxy,
    RAMURE_AGENT_FILE: spec.link.agentFile,
    RAMURE_SERVER_URL: spec.link.serverUrl,
    RAMURE_EXECUTION_ID: spec.run,
    RAMURE_AGENT_ID: spec.agent,
  }
}

/** By what the processes of an agent are known: its commands inherit these from pi. */
export function agentMarks(spec: LaunchSpec): string[] {
  return [`RAMURE_EXECUTION_ID=${spec.run}`, `RAMURE_AGENT_ID=${spec.agent}`]
}

export interface PiArgvOptions {
  readonly command: readonly string[]
  readonly extensionFile: string
  readonly model: string | null
  readonly extraArgs: readonly string[]
}

/** The pane's command. Throws ERR_MODEL_NAME for a model that is none. */
export function piArgv(spec: LaunchSpec, files: PiFiles, { command, extensionFile, model, extraArgs }: PiArgvOptions): string[] {
  return [
    // The shell is replaced by pi, so the pane's process is pi itself. The screen is stdout; stderr is kept apart.
    ...['sh', '-c', '. "$0"; rm -f "$0"; exec 2>>"$1"; shift; exec "$@"', files.env, files.stderr],
    ...command,
    ...['--offline', '--extension', extensionFile, '--tui-mode', 'regular'],
    // The same id again resumes the conversation.
    ...['--session-dir', files.sessions, '--session-id', `ramure-${spec.agent}-0`],
    ...(files.systemPrompt === null ? [] : ['--append-system-prompt', files.systemPrompt]),
    ...(model === null ? [] : ['--model', checkModel(model)]),
    ...extraArgs,
  ]
}

function checkModel(model: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_.:/@+-]{0,199}$/.test(model)) return model
  throw new RamureError('ERR_MODEL_NAME', `${JSON.stringify(model)} is not the name of a model.`, {
    hint: 'Write `provider/model`, as `pi --list-models` does.',
  })
}
