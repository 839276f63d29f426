/** Agents as programs use them. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { RamureError } from '../log/error.ts'
import { checkName } from '../log/ids.ts'
import type { Image } from '../machines/machine.ts'
import { type AgentEvent, type AgentRecord, agentOutput, createAgentRecord, eventOf, retireAgent } from './agent-record.ts'
import { addBuiltins } from './builtins.ts'
import type { DriverChoice } from './driver-choice.ts'
import { openLongFeed } from './long-feed.ts'
import { createMachine, type ExecOutcome, type Machine, type MachineRecord, machineRecord, retireMachine } from './machine-record.ts'
import { openProcess, recorded } from './pending.ts'
import type { ProcessScope } from './process-scope.ts'
import { isReserved, reserved } from './reserved-tools.ts'
import { type Run, scopeOrLost } from './run.ts'
import { requireScope, type Scope } from './scope.ts'
import { createTool, type InputOf, type InputSchema, type Tool, type ToolSpec } from './tool.ts'

export interface AgentOptions {
  /** What the agent is told about its role, before any message. */
  readonly systemPrompt?: string
  /** `provider/id`; default: the agent program's own default. */
  readonly model?: string
  /** A new machine of this kind for this agent alone; default: the process's image. Not together with `machine`. */
  readonly image?: Image
  /** A machine made before, by `machine()` or as `other.machine`. It is not stopped with this agent. */
  readonly machine?: Machine
  /** How the agent runs: `'pi'` in tmux (default), `scripted(fn)` in this process, `'external'`: waits for a client. */
  readonly driver?: DriverChoice
  /** How long to wait until it has registered; default 120,000 ms. */
  readonly registerTimeoutMs?: number
  /** How long a lost connection may take to come back before the process fails; default 10,000 ms. An agent whose own process has ended is not waited for. */
  readonly graceMs?: number
}

export interface Agent {
  readonly name: string
  readonly machine: Machine
  /** What happens to this agent, from the first event; several readers each see all of it. */
  readonly events: AsyncIterable<AgentEvent>
  /**
   * Gives the agent a tool, at once. The handler runs in the scope that owns the agent; what it returns is the answer,
   * what it throws is the answer's error. Throws TypeError, ERR_BAD_NAME, ERR_TOOL_SCHEMA, ERR_TOOL_RESERVED.
   */
  on<S extends StandardSchemaV1>(tool: string, spec: ToolSpec<S> & { readonly input: S }, handler: (input: InputOf<S>) => unknown): void
  /** With a plain JSON Schema the author says what type it stands for: TypeScript cannot read it off. */
  on<I = Record<string, unknown>>(tool: string, spec: ToolSpec, handler: (input: I) => unknown): void
  on(tool: string, handler: (input: Record<string, never>) => unknown): void
  /** Sends a message: recorded when this resolves, delivered in order. Throws ERR_AGENT_ENDED. */
  send(text: string, options?: { readonly delivery?: 'steer' | 'follow_up' }): Promise<void>
  /** `machine.exec`: runs a shell command where the agent works. */
  exec(command: string, options?: { readonly timeoutMs?: number; readonly user?: string }): Promise<ExecOutcome>
}

/** What the rim needs to launch an agent, beside what is recorded. */
export interface LaunchRequest {
  readonly name: string
  readonly machine: string
  readonly systemPrompt: string | null
  readonly model: string | null
  readonly driver: DriverChoice | null
  readonly registerTimeoutMs: number
  readonly graceMs: number
}

/** Creates and launches an agent of the current process; resolves when it has registered. Throws ERR_AGENT_EXISTS, ERR_AGENT_LAUNCH. */
export function agent(name: string, options: AgentOptions = {}): Promise<Agent> {
  return recorded(() => {
    const scope = requireScope(`agent('${String(name)}')`)
    const process = openProcess(scope, `agent('${String(name)}')`)
    checkAgent(scope.run, name, options)
    const given = options.machine && ownedRecord(scope.run, options.machine)
    const machine = given ?? createMachine(scope, options.image ?? process.image)
    return launched(create(scope, process, name, machine, options), given ? null : machine, kindOf(options.driver))
  })
}

async function launched(record: AgentRecord, machine: MachineRecord | null, kind: string): Promise<Agent> {
  const { owner } = record
  try {
    await record.ready.promise
  } catch (cause) {
    if (owner.interruptedBy || owner.phase !== 'running') throw owner.interruptedBy ?? cause
    throw await launchFailed(record, machine, cause, kind)
  }
  return record.handle
}

function checkAgent(run: Run, name: string, options: AgentOptions): void {
  checkName('agent', name)
  if (run.agents.has(name)) {
    throw new RamureError('ERR_AGENT_EXISTS', `Agent '${name}' already exists in this run.`, {
      hint: 'Names are unique in a run: add a suffix.',
    })
  }
  if (options.image && options.machine) {
    throw new RamureError('ERR_AGENT_OPTIONS', `Agent '${name}' was given both an image and a machine.`, { hint: 'Give one of them.' })
  }
}

function ownedRecord(run: Run, handle: Machine): MachineRecord {
  const record = machineRecord(handle)
  if (record?.owner.scope.run === run && !record.stopped) return record
  throw new RamureError('ERR_MACHINE_GONE', `The machine '${handle.id}' was stopped or belongs to another run.`)
}

function create(scope: Scope, process: ProcessScope, name: string, machine: MachineRecord, options: AgentOptions): AgentRecord {
  const { past } = scope.run
  const events = openLongFeed<AgentEvent>(past && ((seqs) => past(seqs).map(eventOf)))
  const record = createAgentRecord(name, process, machine, agentHandle(scope.run, name, machine.handle, events), events)
  addBuiltins(record)
  scope.run.agents.set(name, record)
  process.agents.set(name, record)
  const { systemPrompt = null, model = null, driver = null, registerTimeoutMs = 120_000, graceMs = 10_000 } = options
  const request: LaunchRequest = { name, machine: machine.id, systemPrompt, model, driver, registerTimeoutMs, graceMs }
  const kind = kindOf(driver)
  agentOutput(record, scope, 'agent_created', { machine: machine.id, system_prompt: systemPrompt !== null, model, driver: kind }, request)
  return record
}

function kindOf(driver: DriverChoice | null | undefined): string {
  if (driver === null || driver === undefined) return 'default'
  return typeof driver === 'string' ? driver : driver.name
}

async function launchFailed(record: AgentRecord, machine: MachineRecord | null, cause: unknown, kind: string): Promise<RamureError> {
  const seen = record.state === 'exited' ? (await record.exited.promise).message : undefined
  await retireAgent(record)
  if (machine) retireMachine(machine)
  return new RamureError('ERR_AGENT_LAUNCH', `Agent '${record.name}' did not start: ${seen ?? (cause as Error).message}`, {
    hint: LAUNCH_HINTS[kind] ?? 'Run `ramure doctor` to check pi, tmux and the model; `ramure show` prints the whole entry.',
    cause,
  })
}

/** By the driver that was asked for. */
const LAUNCH_HINTS: { readonly [kind: string]: string } = {
  external:
    'Its client has to read its agent file and register within registerTimeoutMs (default 2 minutes): docs/wire.md has a whole one.',
  scripted: 'The function given to scripted() plays it, in this process: look at what it throws.',
}

function agentHandle(run: Run, name: string, machine: Machine, events: AsyncIterable<AgentEvent>): Agent {
  const record = (call: string): AgentRecord => {
    const found = run.agents.get(name)
    if (found && found.handle === handle && (found.state === 'created' || found.state === 'registered')) return found
    throw new RamureError('ERR_AGENT_ENDED', `${call}: agent '${name}' has ended.`)
  }
  const handle: Agent = {
    name,
    machine,
    events,
    on: (tool: string, ...rest: [ToolSpec<InputSchema>, (input: never) => unknown] | [(input: never) => unknown]) => {
      const [spec, handler] = rest.length === 1 ? [{}, rest[0]] : rest
      addTool(record(`on('${tool}')`), tool, spec, handler)
    },
    async send(text, { delivery = 'steer' } = {}) {
      const to = record('send()')
      const scope = scopeOrLost(run, 'send()')
      openProcess(scope, 'send()')
      agentOutput(to, scope, 'message', { text: String(text), delivery })
    },
    exec: (command, options) => machine.exec(command, options),
  }
  return handle
}

function addTool(record: AgentRecord, name: string, spec: ToolSpec<InputSchema>, handler: (input: never) => unknown): void {
  if (isReserved(name)) {
    throw reserved(name)
  }
  const { run } = record.owner.scope
  const tool: Tool = { ...createTool('tool', name, spec, handler), site: run.siteNow?.() ?? null }
  const scope = scopeOrLost(run, `on('${name}')`)
  record.tools.set(name, tool)
  if (record.state === 'registered') agentOutput(record, scope, 'tool_registered', tool.definition)
}
