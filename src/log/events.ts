/**
 * The vocabulary of a run: every fact the world reports, every conclusion a program draws, every note the runtime
 * leaves. One discriminated union, used unchanged in code, log and wire. docs/format.md describes each member.
 */

/** What JSON can say. What is compared in a replay is what was written, so nothing else ever enters an entry. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
export type JsonObject = { readonly [key: string]: Json }

/** Who concluded it: `world` is handed back by replay, `program` is checked by it, `runtime` is neither. */
export type By = 'world' | 'program' | 'runtime'

/** An error as data. `name` is the class name, never empty; `message` may name what to do next. */
export interface ErrorData {
  readonly name: string
  readonly message: string
  readonly code?: string
  readonly cause?: ErrorData
}

/** A tool or endpoint as an agent sees it: `parameters` is a JSON Schema of `type: "object"`. */
export interface Definition {
  readonly name: string
  readonly description: string
  readonly parameters: JsonObject
}

/** How a run ended. `orphaned` is never written by a run itself: readers conclude it from a dead writer. */
export type Outcome = 'completed' | 'failed' | 'cancelled' | 'timed_out' | 'orphaned'

/** What identifies the program's source, so that a divergence can be told from an edit. */
export interface CodeIdentity {
  /** Commit of the checkout that holds the program, or null outside of one. */
  readonly commit: string | null
  /** True when tracked files differ from that commit; null when unknown. */
  readonly dirty: boolean | null
  /** sha256 of the program's own files, by path relative to `cwd`. */
  readonly files: { readonly [path: string]: string }
}

export interface RunStarted {
  /** Version of the log format. */
  readonly v: number
  readonly run: string
  readonly ramure: string
  /** Behaviours of the runtime that this recording depends on. */
  readonly flags: readonly string[]
  /** 32 hex digits: the source of every id and random number of the run. */
  readonly seed: string
  readonly process: string
  /** How many runs of this process its program had started before. */
  readonly root: number
  readonly args: readonly Json[]
  readonly summary: string | null
  readonly program: string | null
  readonly argv: readonly string[]
  readonly cwd: string
  readonly pid: number
  readonly host: string
  readonly node: string
  /** When that Node process began, ISO 8601: with `pid` and `host` it tells it from every other. Missing in logs of earlier builds. */
  readonly node_started_at?: string
  readonly tz: string
  readonly server_url: string | null
  readonly code: CodeIdentity
  readonly parent: { readonly run: string; readonly seq: number } | null
  /** Only of a run that a property test kept. */
  readonly counterexample?: BrokenProperty
}

/** What had to hold of a run and did not: why a property test kept it. */
export interface BrokenProperty {
  /** The property, as it is written in the test. */
  readonly property: string
  /** Why it does not hold of this run, as a sentence. */
  readonly why: string
  /** How the simulation came out: an outcome, or `stuck`, `endless`, `killed`, `log_dead`, of which no `run_ended` tells. */
  readonly outcome: string
  /** The command that finds it again. */
  readonly rerun: string
}

/** Where something ends in the log's file, and what the file says up to there. */
export interface Prefix {
  /** Bytes from the first of the file on. */
  readonly bytes: number
  /** crc32 of these bytes, as an unsigned number (that of gzip and PNG). */
  readonly crc32: number
}

type Direction = 'both' | 'forward'
type Id = { readonly call_id: string }

/** Shape of `data` by `type`. Adding a member here breaks every exhaustive switch that must know about it. */
export interface EventData {
  // The run itself.
  run_started: RunStarted
  run_ended: {
    readonly outcome: Outcome
    readonly result?: Json
    readonly error?: ErrorData
    readonly duration_ms: number
    /** Of everything before this line. */
    readonly checksum?: Prefix
  }
  run_forked: { readonly run: string; readonly seq: number }
  run_resumed: { readonly after_seq: number; readonly gap_ms: number }
  log_repaired: { readonly bytes: number; readonly kept_as: string }
  warning: { readonly code: string; readonly message: string; readonly site?: string }

  // Processes. The scope of `process_spawned` is the child's path.
  process_spawned: { readonly process: string; readonly args: readonly Json[]; readonly mode: 'call' | 'spawn' }
  /** `done(value)` and `fail(reason)` at the moment they were called; the first of them decides what `wait` gives. */
  done: { readonly value: Json }
  fail: { readonly reason: string }
  process_done: { readonly result: Json }
  process_failed: { readonly error: ErrorData }
  process_cancelled: { readonly reason: string; readonly by: string }
  emit: { readonly event: string; readonly data: Json }

  // Endpoints.
  endpoint_exposed: { readonly endpoint: string; readonly definition: Definition }
  endpoint_called: Id & { readonly endpoint: string; readonly kwargs: JsonObject; readonly caller: string }
  endpoint_returned: Id & {
    readonly endpoint: string
    readonly ok: boolean
    readonly result?: Json
    readonly error?: ErrorData
    readonly duration_ms: number
  }

  // Agents.
  agent_created: { readonly machine: string; readonly system_prompt: boolean; readonly model: string | null; readonly driver: string }
  agent_spawned: { readonly tmux_session: string | null; readonly driver: string; readonly pid?: number }
  register: { readonly execution_id: string; readonly boot?: string; readonly pid?: number }
  registered: { readonly tools: readonly Definition[] }
  tool_registered: Definition
  message: { readonly text: string; readonly delivery: 'steer' | 'follow_up'; readonly from?: string }
  message_applied: { readonly aseq: number }
  send_refused: { readonly to: string; readonly why: string }
  tool_call: Id & { readonly tool: string; readonly params: Json }
  tool_result: Id & { readonly result?: Json; readonly error?: string }
  error: { readonly error: string }
  disconnected: Record<string, never>
  agent_exited: {
    /** What ended it: `shutdown`, `disconnected`, `launch_failed`, `exited`, `killed` or `unknown`. */
    readonly cause: string
    readonly code?: number
    readonly signal?: string
    /** Who ended it: `ramure`, `agent`, or `unknown`. */
    readonly by: string
    /** A sentence for people: the last words on stderr, what was waited for. */
    readonly message?: string
  }
  shutdown: Record<string, never>
  connection_added: { readonly a: string; readonly b: string; readonly direction: Direction }

  // What an agent reports about itself. The fields are the agent's own.
  /** An event of the agent's own that has no name here; on the wire it keeps the name it came with. */
  agent_activity: { readonly event: string; readonly data: Json }
  turn_start: JsonObject
  turn_end: JsonObject
  message_start: JsonObject
  message_end: JsonObject
  pi_tool_start: JsonObject
  pi_tool_end: JsonObject
  pi_tool_result: JsonObject
  usage: JsonObject

  // Machines.
  machine_created: JsonObject & { readonly machine: string; readonly kind: string }
  machine_stopped: { readonly machine: string }
  exec_started: { readonly machine: string; readonly command: string; readonly timeout_ms: number | null; readonly user?: string }
  exec_result: { readonly exit_code: number; readonly stdout: string; readonly stderr: string } | { readonly error: ErrorData }
  file_read_started: { readonly machine: string; readonly path: string }
  file_read: { readonly bytes: number; readonly sha256: string; readonly content: FileContent } | { readonly error: ErrorData }
  file_write_started: {
    readonly machine: string
    readonly path: string
    readonly bytes: number
    readonly sha256: string
    readonly content: FileContent
  }
  file_written: { readonly bytes: number } | { readonly error: ErrorData }

  // Recorded side effects and time.
  step_started: { readonly name: string }
  step_result: { readonly value: Json } | { readonly error: ErrorData }
  timer_set: { readonly timer: string; readonly ms: number }
  timer_fired: { readonly timer: string }
  timer_cleared: { readonly timer: string }

  // What people ask of a live run.
  cli_send: { readonly agent: string; readonly text: string; readonly caller: string }
  stop_requested: { readonly caller: string; readonly reason?: string }
}

/** Bytes of a file as JSON: text when they are valid UTF-8, base64 otherwise. */
export type FileContent = { readonly text: string } | { readonly base64: string }

export type EventType = keyof EventData

interface Envelope {
  /** 1, 2, 3 … without a gap in the run: the total order, and every reader's cursor. */
  readonly seq: number
  /** When it was appended: ISO 8601, UTC, milliseconds; never goes backwards inside a run. */
  readonly time: string
  readonly by: By
  /** Path of the process or handler it belongs to. */
  readonly scope: string
  /** For entries of an agent's own stream: its name, and 1, 2, 3 … without a gap per agent. */
  readonly agent?: string
  readonly aseq?: number
  /** `seq` of the entry that led to it. */
  readonly cause?: number
  /** For bubbled process events: the process they really came from. */
  readonly source?: string
  /** Idempotency key `<boot>:<n>` that a client gave the event. */
  readonly id?: string
}

/** One line of the log. Narrow it by `type`. */
export type Entry = { readonly [T in EventType]: Envelope & { readonly type: T; readonly data: EventData[T] } }[EventType]
export type EntryOf<T extends EventType> = Extract<Entry, { readonly type: T }>

/** An entry before the log has given it its place: what `append` takes. */
export type Draft = {
  readonly [T in EventType]: Omit<Envelope, 'seq' | 'time'> & { readonly type: T; readonly data: EventData[T] }
}[EventType]

/** Version of the format that this code writes. It never rises without a folder of recordings in test/recordings. */
export const FORMAT_VERSION = 1

/** Every type this version knows. Types outside of it are kept, shown, ignored by projections, refused by strict replay. */
export const EVENT_TYPES = [
  'run_started',
  'run_ended',
  'run_forked',
  'run_resumed',
  'log_repaired',
  'warning',
  'process_spawned',
  'done',
  'fail',
  'process_done',
  'process_failed',
  'process_cancelled',
  'emit',
  'endpoint_exposed',
  'endpoint_called',
  'endpoint_returned',
  'agent_created',
  'agent_spawned',
  'register',
  'registered',
  'tool_registered',
  'message',
  'message_applied',
  'send_refused',
  'tool_call',
  'tool_result',
  'error',
  'disconnected',
  'agent_exited',
  'shutdown',
  'connection_added',
  'agent_activity',
  'turn_start',
  'turn_end',
  'message_start',
  'message_end',
  'pi_tool_start',
  'pi_tool_end',
  'pi_tool_result',
  'usage',
  'machine_created',
  'machine_stopped',
  'exec_started',
  'exec_result',
  'file_read_started',
  'file_read',
  'file_write_started',
  'file_written',
  'step_started',
  'step_result',
  'timer_set',
  'timer_fired',
  'timer_cleared',
  'cli_send',
  'stop_requested',
] as const satisfies readonly EventType[]

/** A compile-time proof that the list above names every member. */
type Unlisted = Exclude<EventType, (typeof EVENT_TYPES)[number]>
const complete: Unlisted extends never ? true : Unlisted = true
void complete
