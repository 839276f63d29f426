import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { expect, vi } from 'vitest'
import type { Entry, EventData, EventType, Json, JsonObject } from '../../src/log/events.ts'
import { jsonlStore } from '../../src/log/jsonl.ts'
import { rerun } from '../../src/replay/rerun.ts'
import { type AgentProcess, definitionOf } from '../../src/runtime/process.ts'
import { type Surroundings, surroundedBy } from '../../src/runtime/surroundings.ts'
import { type ModelServer, type ModelServerOptions, startModelServer } from '../../src/testing/model-server.ts'
import { piConfig } from '../../src/testing/pi-config.ts'
import { control } from '../../src/wire/control-client.ts'

// Agents start slowly when others want the processor too.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

/** A home folder, a project folder and a model for one test file. Its runs find pi as every program does. */
export interface World extends AsyncDisposable {
  readonly root: string
  readonly home: string
  /** Where agents work. */
  readonly project: string
  readonly model: ModelServer
  /** What makes a program use this home and this model. */
  readonly env: Readonly<Record<string, string>>
  /** Starts a run in this process; resolves when it can be spoken to. */
  start<A extends readonly unknown[], R>(process: AgentProcess<A, R>, args: A, around?: Surroundings): Promise<Live>
  /** Runs `ramure <args>` as a process of its own. Never rejects. */
  cli(...args: readonly string[]): ReturnType<typeof ramure>
  /** Everything that was recorded of a run. */
  recording(run: string): Promise<readonly Entry[]>
  /** Expects that the program, run again on its recording, decides the same; resolves with how many outputs were compared. */
  rerunsIdentically(process: AgentProcess<never, unknown>, run: string, expected?: { readonly ended: boolean }): Promise<number>
  /** Expects that of a run that is over only its log is left: no process, no tmux server, no socket, no agent file, no lock. */
  nothingIsLeftOf(run: string): Promise<void>
}

/** A run of this process. */
export interface Live {
  readonly run: string
  /** What was written so far. */
  readonly entries: readonly Entry[]
  /** How it ended. */
  readonly result: Promise<PromiseSettledResult<unknown>>
  /** The first entry that satisfies `wanted` after `seq` (default 0), now or later. Rejects when the run ends without one. */
  wait<T extends EventType>(type: T, wanted: (data: EventData[T], entry: Entry) => boolean, seq?: number): Promise<Entry>
  /** Entries of a type after `seq`. */
  of<T extends EventType>(type: T, seq?: number): EventData[T][]
  /** `seq` of the newest entry. */
  now(): number
  /** A message as `ramure send` sends it; resolves with its entry when the agent has it. */
  send(agent: string, text: string): Promise<Entry>
  /** An endpoint as `ramure call` calls it. */
  call(endpoint: string, kwargs?: JsonObject): Promise<Json>
}

export async function openWorld(options: ModelServerOptions = {}): Promise<World> {
  const root = await mkdtemp(join(tmpdir(), 'ramure-e2e-'))
  const [home, project] = [join(root, 'home'), join(root, 'project')]
  await mkdir(project)
  const model = await startModelServer(options)
  const config = await piConfig(join(root, 'pi'), model)
  const env = { ...config.env, RAMURE_HOME: home, RAMURE_MODEL: config.model }
  const store = jsonlStore(join(home, 'logs'))
  const runs: Live[] = []
  const recording = async (run: string): Promise<readonly Entry[]> => {
    const entries: Entry[] = []
    for await (const item of store.read(run)) if (!('unreadable' in item)) entries.push(item)
    return entries
  }
  return {
    root,
    home,
    project,
    model,
    env,
    recording,
    async start(process, args, around = {}) {
      const live = await startRun(join(home, 'runtimes'), (onEntry) =>
        surroundedBy({ ...around, env: { ...env, ...around.env }, onEntry }, () => process(...args)),
      )
      runs.push(live)
      return live
    },
    cli: (...args) => ramure(args, env),
    async rerunsIdentically(process, run, expected = { ended: true }) {
      const { differences, matchedCount, outputCount, ended } = await rerun(definitionOf(process), await recording(run))
      expect({ differences, matchedCount, ended }).toEqual({ differences: [], matchedCount: outputCount, ...expected })
      return outputCount
    },
    async nothingIsLeftOf(run) {
      expect(store.writerAlive(run)).toBe(false)
      expect((await readdir(join(home, 'runtimes'))).filter((name) => name.startsWith(run))).toEqual([])
      await until(async () => (await processesOf(run)).length === 0)
      expect(await tmuxSockets()).not.toContain(`ramure-${run}`)
      const files = await readdir(join(home, 'logs', run), { recursive: true })
      expect(files.filter((file) => /agent\.json$|env\.sh$|\.tmp$/.test(file))).toEqual([])
    },
    async [Symbol.asyncDispose]() {
      for (const live of runs)
        await control(socketOf(join(home, 'runtimes'), live.run))
          .request({ cmd: 'stop' })
          .catch(() => {})
      await Promise.all(runs.map(({ result }) => result))
      await model.close()
      await rm(root, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

type Listener = (entry: Entry, run: string) => void

function startRun(runtimes: string, begin: (onEntry: Listener) => Promise<unknown>): Promise<Live> {
  const entries: Entry[] = []
  const watchers = new Set<() => void>()
  return new Promise((resolve, reject) => {
    let isOver = false
    const look = (): void => [...watchers].forEach((watcher) => watcher())
    const onEntry = (entry: Entry, run: string): void => {
      entries.push(entry)
      if (entries.length === 1) resolve(liveRun(run))
      look()
    }
    const result = Promise.allSettled([begin(onEntry)]).then(([settled]) => settled)
    void result.then((settled) => {
      isOver = true
      look()
      if (settled.status === 'rejected') reject(settled.reason)
    })

    function liveRun(run: string): Live {
      // Each on a line of its own, as the commands of several people are: answers on one line keep their order.
      const ask = async (command: JsonObject): Promise<JsonObject> => {
        const line = control(socketOf(runtimes, run))
        return line.request({ ...command, caller: 'test' }).finally(() => line.close())
      }
      const now = (): number => entries.at(-1)?.seq ?? 0
      const wait: Live['wait'] = (type, wanted, seq = 0) =>
        new Promise((found, failed) => {
          const watcher = (): void => {
            const entry = entries.find((each) => each.seq > seq && each.type === type && wanted(dataOf(each), each))
            if (!entry && !isOver) return
            watchers.delete(watcher)
            if (entry) found(entry)
            else failed(new Error(`The run ended without the awaited ${type}. Last: ${JSON.stringify(entries.slice(-5))}`))
          }
          watchers.add(watcher)
          watcher()
        })
      return {
        run,
        entries,
        result,
        now,
        wait,
        of: (type, seq = 0) => entries.filter((entry) => entry.seq > seq && entry.type === type).map((entry) => dataOf(entry)),
        async send(agent, text) {
          const seq = now()
          const asked = ask({ cmd: 'send', agent, text })
          const message = await wait('message', (data, entry) => entry.agent === agent && data.text === text, seq)
          await wait('message_applied', ({ aseq }, entry) => entry.agent === agent && aseq === message.aseq, seq)
          await asked
          return message
        },
        call: async (endpoint, kwargs = {}) => (await ask({ cmd: 'call', endpoint, kwargs })).result ?? null,
      }
    }
  })
}

/** The caller has looked at the type, which the compiler cannot follow. */
const dataOf = <T extends EventType>(entry: Entry): EventData[T] => entry.data as EventData[T]

const socketOf = (runtimes: string, run: string): string => join(runtimes, `${run}.sock`)

const ROOT = join(import.meta.dirname, '../..')

/** The command line from its source, under the node that runs the tests. */
export function ramure(args: readonly string[], env: Readonly<Record<string, string>>) {
  return execa(process.execPath, [join(ROOT, 'src/cli/main.ts'), ...args], {
    env: { ...env, NO_COLOR: '1' },
    reject: false,
    stdin: 'ignore',
  })
}

/** The agent said exactly this. */
export const said =
  (agent: string, text: string) =>
  (data: JsonObject, entry: Entry): boolean =>
    entry.agent === agent && data.role === 'assistant' && data.text === text

/** Pids of everything that was started for a run: agents, their commands, their tmux server. */
export async function processesOf(run: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
  const found = await Promise.all(
    pids.map(async (pid) => {
      const environ = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
      const argv = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
      return environ.split('\0').includes(`RAMURE_EXECUTION_ID=${run}`) || argv.includes(`ramure-${run}`) ? [Number(pid)] : []
    }),
  )
  return found.flat()
}

async function tmuxSockets(): Promise<string[]> {
  return readdir(join(process.env.TMUX_TMPDIR || '/tmp', `tmux-${process.getuid?.()}`)).catch(() => [])
}

/** Looks again until it holds: processes announce nothing. */
export async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5))
}
