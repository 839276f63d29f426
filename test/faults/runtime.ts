/** Real runtimes in processes of their own, with real clients, for tests that take something away from them. */
import { type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import type { Entry } from '../../src/log/events.ts'
import { jsonlStore } from '../../src/log/jsonl.ts'
import { until } from '../e2e/world.ts'
import { type Acknowledged, type AgentFile, type LoadClient, type LoadOptions, loadClient } from './load-client.ts'

const PROGRAM = new URL('../fixtures/loaded-runtime.ts', import.meta.url).pathname

export interface RuntimeOptions {
  /** The folder that RAMURE_HOME names. */
  readonly home: string
  readonly agents: number
  readonly load: LoadOptions
  /** Whether there is an agent in a terminal, too; default false. */
  readonly terminal?: boolean
  /** Shell code before the program, such as a limit; default none. */
  readonly shell?: string
  readonly nodeArgs?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  readonly uid?: number
}

export interface Runtime {
  readonly pid: number
  kill(signal: NodeJS.Signals): void
  /** Resolves when all agents are connected, or the process has ended. */
  readonly connected: Promise<readonly LoadClient[]>
  /** Resolves with how it ended and what it said, when its clients have everything that was on its way. */
  readonly ended: Promise<Ended>
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly said: string
  readonly acknowledged: readonly Acknowledged[]
}

/** Starts one; it is killed when the test is over. */
export function startRuntime(options: RuntimeOptions): Runtime {
  const { home, agents, load, terminal = false, shell = '', nodeArgs = [], env = {}, uid } = options
  const spawned: SpawnOptions = {
    env: { ...process.env, RAMURE_HOME: home, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid }),
  }
  const argv = [...nodeArgs, PROGRAM, String(agents), terminal ? 'terminal' : '']
  const child =
    shell === ''
      ? spawn(process.execPath, argv, spawned)
      : spawn('bash', ['-c', `${shell}\nexec "$@"`, 'bash', process.execPath, ...argv], spawned)
  onTestFinished(() => void child.kill('SIGKILL'))
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => (said += text))
  const exited = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
  const connected = connectAll(home, agents, load, () => child.exitCode !== null || child.signalCode !== null)
  const ended = Promise.all([exited, connected]).then(async ([[code, signal], clients]): Promise<Ended> => {
    await Promise.all(clients.map(({ closed }) => closed))
    return { code, signal, said, acknowledged: clients.flatMap(({ acknowledged }) => acknowledged) }
  })
  return { pid: child.pid ?? 0, kill: (signal) => void child.kill(signal), connected, ended }
}

async function connectAll(home: string, agents: number, load: LoadOptions, isOver: () => boolean): Promise<readonly LoadClient[]> {
  const known = new Set<string>()
  const clients: LoadClient[] = []
  await until(() => {
    for (const path of agentFiles(home).filter((each) => !known.has(each))) {
      const file = readFile(path)
      if (file === null) continue
      known.add(path)
      clients.push(loadClient(file, load))
    }
    return clients.length === agents || isOver()
  })
  return clients
}

function agentFiles(home: string): string[] {
  const runtimes = join(home, 'runtimes')
  const folders = namesIn(runtimes).filter((name) => name.endsWith('.agents'))
  return folders.flatMap((folder) =>
    namesIn(join(runtimes, folder))
      .filter((name) => /^agent-\d+\.json$/.test(name))
      .map((name) => join(runtimes, folder, name)),
  )
}

/** Null while it is being written, or when it is gone already. */
function readFile(path: string): AgentFile | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as AgentFile
  } catch {
    return null
  }
}

/** Expects that every line loads and every answer that was seen is there as it was; resolves with the entries. */
export async function expectKept(logs: string, run: string, acknowledged: readonly Acknowledged[]): Promise<readonly Entry[]> {
  const entries: Entry[] = []
  const results = new Map<string, unknown>()
  for await (const item of jsonlStore(logs).read(run)) {
    if ('unreadable' in item) throw new Error(`${run}: ${JSON.stringify(item)}`)
    entries.push(item)
    if (item.type === 'tool_result') results.set(`${item.agent} ${item.data.call_id}`, item.data.result)
  }
  for (const { agent, call_id, result } of acknowledged) expect(results.get(`${agent} ${call_id}`)).toEqual(result)
  return entries
}

/** Runs whose log was begun. */
export function runsIn(logs: string): string[] {
  return namesIn(logs).filter((run) => namesIn(join(logs, run)).includes('events.jsonl'))
}

/** What is in a folder; nothing when there is no folder. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
