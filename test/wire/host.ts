/** A host in memory: an array of entries per agent, published as soon as they are written. */
import type { Entry, EventType, Json, JsonObject } from '../../src/log/events.ts'
import type { AgentHost, ClientEvent, ConnectionRef } from '../../src/wire/host.ts'
import type { AgentServer } from '../../src/wire/server.ts'

export const RUN = 'brisk-otter-4q7m2xk9'

export interface MemoryHost extends AgentHost {
  readonly entries: Map<string, Entry[]>
  readonly warnings: { code: string; message: string }[]
  readonly received: { agent: string; event: ClientEvent; connection: ConnectionRef }[]
  readonly gone: { agent: string; connection: ConnectionRef }[]
  readonly asked: { agent: string; after: number; boot: string | null }[]
  /** How many entries were fetched from the log. */
  fetched: number
  /** Writes and publishes an entry of the server. */
  say(agent: string, type: EventType, data?: JsonObject): Entry
  serve(server: AgentServer): void
  /** Resolves when `holds` does; looked at whenever the host hears something. */
  until(holds: () => boolean): Promise<void>
}

/** `answer` false: events are recorded but no tool is answered. */
export function memoryHost(agents: Record<string, string>, options: { answer?: boolean } = {}): MemoryHost {
  const tokens = new Map(Object.entries(agents))
  const entries = new Map<string, Entry[]>([...tokens.keys()].map((agent) => [agent, []]))
  const ids = new Set<string>()
  const waiting = new Set<() => void>()
  const answered = new Set<string>()
  let server: AgentServer | null = null
  let seq = 0

  const heard = () => {
    for (const look of [...waiting]) look()
  }
  const write = (agent: string, by: 'world' | 'program', type: string, data: Json, id?: string): Entry => {
    const list = entries.get(agent)!
    const entry = {
      seq: (seq += 1),
      time: '2026-11-21T09:41:07.250Z',
      by,
      scope: '/t#0',
      type,
      agent,
      aseq: list.length + 1,
      data,
      ...(id !== undefined && { id }),
    } as unknown as Entry
    list.push(entry)
    server?.publish(entry)
    return entry
  }
  const host: MemoryHost = {
    run: RUN,
    entries,
    warnings: [],
    received: [],
    gone: [],
    asked: [],
    fetched: 0,
    token: (agent) => tokens.get(agent) ?? null,
    receive(agent, event, connection) {
      host.received.push({ agent, event, connection })
      if (event.id === undefined || !ids.has(event.id)) take(agent, event, connection)
      heard()
    },
    async *entriesAfter(agent, after, boot) {
      host.asked.push({ agent, after, boot })
      const list = entries.get(agent) ?? []
      for (let index = after; index < list.length; index += 1) {
        host.fetched += 1
        yield list[index]!
      }
    },
    closed(agent, connection) {
      host.gone.push({ agent, connection })
      heard()
    },
    warn(code, message) {
      host.warnings.push({ code, message })
      heard()
    },
    say: (agent, type, data = {}) => write(agent, 'program', type, data),
    serve: (started) => void (server = started),
    until: (holds) =>
      new Promise((resolve) => {
        const look = () => {
          if (!holds()) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
      }),
  }
  const take = (agent: string, event: ClientEvent, connection: ConnectionRef) => {
    if (event.id !== undefined) ids.add(event.id)
    const isKnown = ['register', 'tool_call', 'message_applied', 'turn_start', 'usage'].includes(event.type)
    if (isKnown) write(agent, 'world', event.type, event.data, event.id)
    else write(agent, 'world', 'agent_activity', { event: event.type, data: event.data }, event.id)
    if (event.type === 'register') register(agent, event, connection)
    if (event.type === 'tool_call' && options.answer !== false) callTool(agent, event)
  }
  const register = (agent: string, event: ClientEvent, connection: ConnectionRef) => {
    if (event.data.execution_id !== RUN) return void write(agent, 'program', 'error', { error: 'Execution ID mismatch' })
    connection.registered = true
    write(agent, 'program', 'registered', { tools: [] })
  }
  const callTool = (agent: string, event: ClientEvent) => {
    const { call_id, tool, params } = event.data
    if (answered.has(String(call_id))) return
    answered.add(String(call_id))
    if (tool === 'echo') write(agent, 'program', 'tool_result', { call_id: call_id!, result: params ?? null })
    else write(agent, 'program', 'tool_result', { call_id: call_id!, error: `Unknown tool '${String(tool)}' for agent '${agent}'` })
  }
  return host
}
