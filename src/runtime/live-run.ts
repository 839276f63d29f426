/**
 * Everything a live run opens, in the order in which it is opened, and closes, in the reverse. The sockets come first so
 * that the header can name them; nobody can reach them before the log is there.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type RunLog, runLog } from '../log/append.ts'
import { appendEnd } from '../log/ended.ts'
import { errorData } from '../log/error-data.ts'
import type { Draft, Entry, EventData, Json } from '../log/events.ts'
import { homeFolders } from '../log/home.ts'
import { toJson } from '../log/json.ts'
import { jsonlStore } from '../log/jsonl.ts'
import { learningRedactor } from '../log/redact.ts'
import type { LogStore } from '../log/store.ts'
import { localImage } from '../machines/local.ts'
import { removeAgentFile, removeAgentFiles, writeAgentFile } from '../wire/agent-file.ts'
import { startControl } from '../wire/control.ts'
import { register, socketPath } from '../wire/registry.ts'
import { openDrivers } from './drivers.ts'
import { onExit } from './exit.ts'
import { runHeader } from './header.ts'
import { liveJournal } from './journal.ts'
import type { Definition } from './lifecycle.ts'
import { liveAgents } from './live-agents.ts'
import { liveControl } from './live-control.ts'
import { liveEffects } from './live-effects.ts'
import { liveHost } from './live-host.ts'
import { liveSnapshots } from './live-snapshots.ts'
import { nothingOpened, type Opened } from './opened.ts'
import { real } from './outside.ts'
import type { ProcessScope } from './process-scope.ts'
import { type LiveInbox, liveInbox } from './rim.ts'
import { createRun, type Run } from './run.ts'
import { type RootOptions, type Surroundings, surroundedBy } from './surroundings.ts'

export interface LiveRun {
  readonly state: Run
  readonly inbox: LiveInbox
  readonly log: RunLog
  /** Asks the root process to end; false when it has ended already. */
  stop(caller: string, reason: string): boolean
  /** The root's result as it was recorded. */
  resultOf(root: ProcessScope): Json
  /** Stops what effects are under way and every machine; what does not come to an end in time is named in the log. */
  leave(): Promise<void>
  /** Appends `run_ended`: nothing follows it. */
  ended(data: EventData['run_ended']): void
  /** Ends what is left of agents and effects, closes sockets and log. */
  close(): Promise<void>
}

export interface LiveRunSpec {
  readonly run: string
  readonly root: number
  readonly seed: string
  readonly definition: Definition
  readonly args: readonly unknown[]
  readonly options: RootOptions
  readonly around: Surroundings
}

export async function openLiveRun(spec: LiveRunSpec): Promise<LiveRun> {
  const opened = nothingOpened()
  try {
    return { ...(await open(spec, opened)), close: opened.close }
  } catch (error) {
    // Why it could not begin is what its caller has to know.
    await opened.close().catch(() => {})
    throw error
  }
}

async function open({ run, root, seed, definition, args, options, around }: LiveRunSpec, opened: Opened): Promise<Omit<LiveRun, 'close'>> {
  const env = { ...process.env, ...around.env }
  const home = homeFolders(env, options.logDir, process.cwd())
  const store: LogStore = around.store ?? jsonlStore(home.logs, { durability: options.durability ?? 'process' })
  const directory = around.store ? null : join(home.logs, run)
  const inbox = liveInbox()
  const push = (draft: Draft, bytes?: number) => inbox.push(draft, bytes)
  let finished = false
  const note = (draft: Draft) => {
    if (log.dead !== null || finished) return
    try {
      log.append(draft)
    } catch {
      // The log died of it and has told so: what was noticed in the callback of a socket must not end the Node process.
    }
  }

  // The server needs a host, the agents need the server's address, the host needs the agents: late binding, once.
  const host = liveHost({
    run,
    store,
    push,
    note,
    backlog: () => inbox.size,
    token: (agent) => agents.token(agent),
    registered: (agent, connection) => agents.registered(agent, connection),
    lost: (agent, connection) => agents.lost(agent, connection),
  })
  const facts = await runHeader(definition, { run, root, seed, args, summary: options.summary ?? null })
  const { startAgentServer } = await import('../wire/server.ts')
  const server = await startAgentServer(host, serverOptions(options))
  opened.defer(() => server.close())
  // From here on somebody may connect: until all it needs is there, nothing is awaited.
  const header = { ...facts, server_url: server.url }

  const writer = store.create(run)
  const redact = learningRedactor(env)
  const log = runLog({ store, run, writer, clock: real.now, redact })
  opened.defer(() => {
    finished = true
    // A log that died has said so already; one that dies now says so here.
    return log.dead ? log.close().catch(() => {}) : log.close()
  })
  log.onDead(() => inbox.close())
  // The last turn of a program that ends its Node process itself is worth the most: it is written, and leads to nothing more.
  opened.defer(onExit(() => void (log.dead === null && !finished && log.position())))
  const snapshots = liveSnapshots({ store, log, writer })
  opened.defer(() => snapshots.close())
  const first = log.append({ type: 'run_started', by: 'runtime', scope: '/', data: header })
  log.flush()

  const patience = around.patienceMs === undefined ? {} : { patienceMs: around.patienceMs }
  // What it starts is known by its run, as its agents are: a killed runtime cannot end it.
  const effects = liveEffects(push, header.cwd, {
    ...patience,
    spawn: (image, _id, cwd, signal) => image.spawn({ cwd, env: { RAMURE_EXECUTION_ID: header.run }, signal }),
  })
  opened.defer(() => effects.close())
  const drivers = openDrivers({ env, around, receive: (agent, event) => host.receive(agent, event, SCRIPTED) })
  opened.defer(() => drivers.close())
  opened.defer(() => removeAgentFiles(home.runtimes, run))
  const agents = liveAgents({
    ...patience,
    run,
    serverUrl: server.url,
    push,
    note,
    machine: effects.machine,
    driver: drivers.of,
    forget: removeAgentFile,
    disconnect: (agent) => server.disconnect(agent, 1000, 'shutdown'),
    prepare: (agent, token) => prepareAgent(home, directory, run, agent, token, server.url),
  })
  opened.defer(() => agents.close())

  // What a step or a scripted agent starts has the surroundings of its run.
  const written = (entry: Entry, payload: unknown) => {
    // The first one was written before anybody listened; the disk may say so later.
    if (entry.seq > first.seq) surroundedBy(around, publish, entry, payload)
  }
  const publish = (entry: Entry, payload: unknown) => {
    const seen = host.written(entry)
    control.written(entry)
    effects.perform(entry, payload)
    // Before anything else waits for the machine: nobody can tell its secrets earlier. Its failure is for whoever uses it.
    if (entry.type === 'machine_created')
      effects.machine(entry.data.machine).then(
        ({ env: more }) => redact.learn(more),
        () => {},
      )
    agents.perform(entry, payload)
    server.publish(seen)
    drivers.publish(seen)
    around.onEntry?.(entry, run)
  }
  const journal = liveJournal({ log, written, isOver: () => finished })
  const parts = { id: run, header, directory, journal, rim: { abandon: effects.abandon }, defaultImage: localImage() }
  const past = store.entriesAt
    ? (seqs: readonly number[]) => {
        if (log.dead === null && !finished) log.flush()
        return store.entriesAt?.(run, seqs) ?? []
      }
    : null
  const state = createRun({ ...parts, past, startedMs: Date.parse(first.time) })
  const control = liveControl({ run: state, log, push, tmuxSession: agents.tmuxSession })
  try {
    await openControl(home.runtimes, run, control, header, opened, agents.close)
  } catch (error) {
    // A log without an end would be that of a run that vanished.
    if (log.dead === null) {
      appendEnd(log, {
        outcome: 'failed',
        error: errorData(error),
        duration_ms: Math.max(0, Math.round(real.now() - Date.parse(first.time))),
      })
      finished = true
    }
    throw error
  }
  around.onEntry?.(first, run)
  return {
    state,
    inbox,
    log,
    stop: (caller, reason) => push({ type: 'stop_requested', by: 'world', scope: '/', data: { caller, reason } }),
    resultOf: (root) => toJson(root.events.last?.data),
    async leave() {
      const left = await effects.close()
      if (left.length === 0) return
      const message = `The run ended without waiting any longer: ${left.join('; ')}. What it holds may still be there.`
      note({ type: 'warning', by: 'runtime', scope: '/', data: { code: 'WARN_NOT_ENDED', message } })
    },
    ended: (data) => {
      control.close()
      appendEnd(log, data)
      finished = true
      log.flush()
    },
  }
}

/** Scripted agents have no connection that could be lost. */
const SCRIPTED = { id: 0, registered: true, boot: null }

function serverOptions({ host, port, baseUrl, allowedOrigins }: RootOptions) {
  return {
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port }),
    ...(baseUrl !== undefined && { baseUrl }),
    ...(allowedOrigins !== undefined && { allowedOrigins }),
  }
}

async function openControl(
  runtimes: string,
  run: string,
  control: ReturnType<typeof liveControl>,
  header: EventData['run_started'],
  opened: Opened,
  endAgents: () => Promise<void>,
): Promise<void> {
  const socket = await socketPath(runtimes, run)
  const server = await startControl(control, socket)
  opened.defer(() => server.close())
  opened.defer(() => control.close())
  const { pid, server_url, program } = header
  const registration = await register(runtimes, run, { pid, server_url, program, started_at: new Date().toISOString(), socket })
  opened.defer(() => registration.release())
  // A launch under way would put its agent's file where the record's release removes them.
  opened.defer(endAgents)
}

async function prepareAgent(
  home: ReturnType<typeof homeFolders>,
  directory: string | null,
  run: string,
  agent: string,
  token: string,
  serverUrl: string,
): Promise<{ agentFile: string; dir: string }> {
  const dir = join(directory ?? join(home.runtimes, `${run}.agents`), 'agents', agent)
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const agentFile = await writeAgentFile(home.runtimes, { server_url: serverUrl, execution_id: run, agent, token })
  return { agentFile, dir }
}
