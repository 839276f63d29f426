import type { Definition, Draft, Entry, Json, JsonObject } from '../../src/log/events.ts'
import type { AgentHost, ClientEvent, ConnectionRef } from '../../src/wire/host.ts'
import { type AgentServer, startAgentServer } from '../../src/wire/server.ts'

type Handler = (params: JsonObject) => Promise<Json> | Json

/** Who agents connect to in these tests: the real server, with entries in memory and handlers instead of a program. */
export interface MemoryHost {
  readonly run: string
  readonly url: string
  readonly entries: (agent: string) => readonly Entry[]
  /** The agent's token; an agent that is known keeps its own. */
  add(agent: string): string
  tool(agent: string, definition: Partial<Definition> & { name: string }, handler: Handler): void
  publish(agent: string, type: Entry['type'], data: object): Entry
  message(agent: string, text: string, delivery?: 'steer' | 'follow_up'): Entry
  /** The first entry from number `after` + 1 on that satisfies `wanted`, now or later. */
  wait(agent: string, wanted: (entry: Entry) => boolean, after?: number): Promise<Entry>
  /** Closes the server; agents find it again, on the same port, after `up`. */
  down(): Promise<void>
  up(): Promise<void>
}

interface AgentState {
  readonly token: string
  readonly entries: Entry[]
  readonly tools: Map<string, { definition: Definition; handler: Handler }>
  readonly ids: Set<string>
  readonly calls: Set<string>
}

export async function startMemoryHost(run: string): Promise<MemoryHost> {
  const agents = new Map<string, AgentState>()
  const watchers = new Set<() => void>()
  let server: AgentServer | null = null
  let port = 0

  const state = (agent: string): AgentState => {
    const found = agents.get(agent)
    if (!found) throw new Error(`no agent ${agent}`)
    return found
  }

  function publish(agent: string, type: Entry['type'], data: object, id?: string): Entry {
    const { entries } = state(agent)
    const aseq = entries.length + 1
    const by = id === undefined ? 'program' : 'world'
    const draft = { type, by, scope: '/', agent, data, ...(id === undefined ? {} : { id }) } as unknown as Draft
    const entry = { ...draft, seq: aseq, aseq, time: new Date().toISOString() } as Entry
    entries.push(entry)
    server?.publish(entry)
    for (const watcher of [...watchers]) watcher()
    return entry
  }

  function receive(agent: string, event: ClientEvent, connection: ConnectionRef): void {
    const { ids, tools } = state(agent)
    if (event.id !== undefined && ids.has(event.id)) return
    if (event.id !== undefined) ids.add(event.id)
    publish(agent, event.type as Entry['type'], event.data, event.id ?? 'none')
    if (event.type === 'register') {
      connection.registered = true
      publish(agent, 'registered', { tools: [...tools.values()].map(({ definition }) => definition) })
    }
    if (event.type === 'tool_call') void answer(agent, event.data)
  }

  async function answer(agent: string, { call_id: callId, tool, params }: JsonObject): Promise<void> {
    const { calls, tools } = state(agent)
    if (calls.has(String(callId))) return
    calls.add(String(callId))
    const work = async (): Promise<Json> => {
      const found = tools.get(String(tool))
      if (!found) throw new Error(`Unknown tool '${String(tool)}' for agent '${agent}'`)
      return found.handler(params as JsonObject)
    }
    const data = await work().then(
      (result) => ({ result }),
      (error: Error) => ({ error: error.message }),
    )
    publish(agent, 'tool_result', { call_id: callId, ...data })
  }

  const host: AgentHost = {
    run,
    token: (agent) => agents.get(agent)?.token ?? null,
    receive,
    async *entriesAfter(agent, after) {
      yield* state(agent).entries.slice(after)
    },
    closed: () => {},
    warn: () => {},
  }

  const up = async (): Promise<void> => {
    server = await startAgentServer(host, { port })
    port = server.port
  }
  await up()

  return {
    run,
    get url() {
      return `ws://127.0.0.1:${port}`
    },
    entries: (agent) => state(agent).entries,
    add(agent) {
      const known = agents.get(agent)
      if (known) return known.token
      const token = `token-of-${agent}-${crypto.randomUUID()}`
      agents.set(agent, { token, entries: [], tools: new Map(), ids: new Set(), calls: new Set() })
      return token
    },
    tool(agent, { name, description = '', parameters = { type: 'object', properties: {} } }, handler) {
      const { entries, tools } = state(agent)
      const definition = { name, description, parameters }
      tools.set(name, { definition, handler })
      if (entries.length > 0) publish(agent, 'tool_registered', definition)
    },
    publish,
    message: (agent, text, delivery = 'steer') => publish(agent, 'message', { text, delivery }),
    wait(agent, wanted, after = 0) {
      return new Promise((resolve) => {
        const look = (): void => {
          const found = state(agent).entries.slice(after).find(wanted)
          if (!found) return
          watchers.delete(look)
          resolve(found)
        }
        watchers.add(look)
        look()
      })
    },
    async down() {
      await server?.close()
      server = null
    },
    up,
  }
}
