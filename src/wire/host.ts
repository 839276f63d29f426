/** What the sockets need of the runtime. The wire parses, authenticates and queues; it never decides. */
import type { Definition, Entry, Json, JsonObject } from '../log/events.ts'

/** The agents' side, implemented by the live rim. */
export interface AgentHost {
  readonly run: string
  /** The agent's token, or null when there is no such agent. */
  token(agent: string): string | null
  /** Takes an event of a client into the inbox. It comes back as an entry through `AgentServer.publish`. */
  receive(agent: string, event: ClientEvent, connection: ConnectionRef): void
  /** Written entries of this agent with `aseq` above `after`, in order: what a `sync` is answered from. */
  entriesAfter(agent: string, after: number): AsyncIterable<Entry>
  /** A connection that registered has closed. Viewers are not reported. */
  closed(agent: string, connection: ConnectionRef): void
  /** Something was refused or ignored: recorded as a `warning`, at most once a second per agent and code. */
  warn(code: string, message: string): void
}

/** Identity of one WebSocket connection, for as long as it lives. */
export interface ConnectionRef {
  readonly id: number
  /** True once this connection has sent a `register` that the runtime accepted. */
  registered: boolean
  /** Boot id it registered with, when it gave one. */
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
  /** Written entries after `seq`, then live ones, as their log lines. */
  follow(after: number, signal: AbortSignal): AsyncIterable<Entry>
}
