/** What the sockets need of the runtime. The wire parses, authenticates and queues; it never decides. */
import type { Definition, Entry, Json, JsonObject } from '../log/events.ts'
import type { Lagged } from '../log/store.ts'

/** The agents' side, implemented by the live rim. */
export interface AgentHost {
  readonly run: string
  /** The agent's token, or null when there is no such agent. */
  token(agent: string): string | null
  /**
   * Takes an event of a client into the inbox and returns at once. It comes back as an entry through
   * `AgentServer.publish`. An event whose `id` was recorded already is dropped by the host. `bytes`: what it came in.
   */
  receive(agent: string, event: ClientEvent, connection: ConnectionRef, bytes?: number): void
  /** How many inputs wait to be taken, large ones counted several times; default 0. Over a bound, clients are not read until it is less. */
  backlog?(): number
  /** A connection was let in: whatever becomes of the name, it reads the stream of the agent that has it now. */
  joined?(agent: string, connection: ConnectionRef): void
  /**
   * Written entries of this agent with `aseq` above `after`, in order: what a `sync` is answered from. It must hold at
   * least what was published before the call. `boot` is the boot id the asking connection registered with, or null: for
   * a boot that the agent has not had before, the host may leave out what an earlier process has dealt with.
   */
  entriesAfter(agent: string, after: number, boot: string | null, connection?: ConnectionRef): AsyncIterable<Entry>
  /**
   * A connection that sent a `register` has closed; it comes after every `receive` of that connection. Whether the
   * register was accepted is for the host to know (`connection.registered`). Viewers are never reported, and nothing is
   * reported once `AgentServer.close` was called.
   */
  closed(agent: string, connection: ConnectionRef): void
  /** Something was refused or ignored: recorded as a `warning`. Called at most once a second per agent and code. */
  warn(code: string, message: string): void
}

/** Identity of one WebSocket connection, for as long as it lives. `AgentServer.closeConnection` ends it. */
export interface ConnectionRef {
  readonly id: number
  /** True once this connection has sent a `register` that the runtime accepted: set by the host. */
  registered: boolean
  /** Boot id it asked to register with, when it gave one: set by the server. */
  boot: string | null
}

/** `{"type":"event", …}` after parsing: size, depth and names were checked. */
export interface ClientEvent {
  readonly type: string
  readonly data: JsonObject
  readonly id?: string
}

/** The control socket's side, implemented by the live rim. */
export interface ControlHost {
  status(): JsonObject
  agent(name: string): JsonObject | null
  send(agent: string, text: string, caller: string): Promise<Json>
  endpoints(): readonly Definition[]
  call(endpoint: string, kwargs: JsonObject, caller: string): Promise<Json>
  stop(caller: string, reason: string | undefined): void
  /** Written entries after `seq`, then live ones, as their log lines; ends with the run's last one. Says `lagged` before it reads again what was missed. */
  follow(after: number, signal: AbortSignal): AsyncIterable<Entry | Lagged>
  /** `seq` of the last written entry. */
  writtenSeq(): number
  /** Calls back after each write to the log; returns how to stop. */
  onWritten(listener: () => void): () => void
}
