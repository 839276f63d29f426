/** What people may ask of a live run, through its control socket. */
import { randomUUID } from 'node:crypto'
import type { RunLog } from '../log/append.ts'
import { RamureError } from '../log/error.ts'
import type { Draft, Entry, Json, JsonObject } from '../log/events.ts'
import type { ControlHost } from '../wire/host.ts'
import type { AgentRecord } from './agent-record.ts'
import { real } from './outside.ts'
import type { Run } from './run.ts'

export interface LiveControlOptions {
  readonly run: Run
  readonly log: RunLog
  readonly push: (draft: Draft) => void
  readonly tmuxSession: (agent: string) => string | null
  /** How long `send` waits for the agent to have the message before it answers `unconfirmed`; default 2,000 ms. */
  readonly confirmMs?: number
}

export interface LiveControl extends ControlHost {
  /** Learns from written entries what became of calls and messages. */
  written(entry: Entry): void
  /** Answers whoever still waits: the run is over. */
  close(): void
}

export function liveControl({ run, log, push, tmuxSession, confirmMs = 2_000 }: LiveControlOptions): LiveControl {
  const waiting = new Set<(entry: Entry | null) => void>()
  let closed = false
  /** Resolves with the first written entry for which `pick` returns something, or with null at the end of the run. */
  const watch = <T>(pick: (entry: Entry) => T | undefined, timeoutMs?: number): Promise<T | null> =>
    new Promise((resolve) => {
      if (closed) return resolve(null)
      const settle = (value: T | null) => {
        waiting.delete(listener)
        if (timer) real.clearTimeout(timer)
        resolve(value)
      }
      const listener = (entry: Entry | null) => {
        const found = entry === null ? null : pick(entry)
        if (found !== undefined) settle(found)
      }
      const timer = timeoutMs === undefined ? null : real.setTimeout(() => settle(null), timeoutMs)
      waiting.add(listener)
    })
  const describe = ({ name, machine, state }: AgentRecord): JsonObject => ({
    name,
    machine: machine.id,
    tmux_session: tmuxSession(name),
    state,
  })
  return {
    status: () => ({
      execution_id: run.id,
      pid: run.header.pid,
      program: run.header.program,
      started_at: new Date(run.startedMs).toISOString(),
      server_url: run.header.server_url,
      agents: [...run.agents.values()].map(describe),
      connections: [...run.edges].sort().map((edge) => ({ a: edge.split('\0')[0] ?? '', b: edge.split('\0')[1] ?? '' })),
    }),
    agent(name) {
      const record = run.agents.get(name)
      return record ? describe(record) : null
    },
    async send(agent, text, caller) {
      const id = randomUUID()
      let asked: number | null = null
      const message = watch((entry) => {
        if (entry.id === id) asked = entry.seq
        return entry.type === 'message' && entry.agent === agent && asked !== null && entry.cause === asked ? entry : undefined
      }, confirmMs)
      push({ type: 'cli_send', by: 'world', scope: '/', id, data: { agent, text, caller } })
      const aseq = (await message)?.aseq
      if (aseq === undefined) return 'failed'
      const applied = await watch(
        (entry) => (entry.type === 'message_applied' && entry.agent === agent && entry.data.aseq === aseq ? true : undefined),
        confirmMs,
      )
      return applied ? 'delivered' : 'unconfirmed'
    },
    endpoints: () => [...(run.root?.endpoints.values() ?? [])].map((endpoint) => endpoint.definition),
    async call(endpoint, kwargs, caller) {
      const call_id = randomUUID()
      const returned = watch((entry) => (entry.type === 'endpoint_returned' && entry.data.call_id === call_id ? entry.data : undefined))
      push({ type: 'endpoint_called', by: 'world', scope: run.root?.scope.path ?? '/', data: { endpoint, kwargs, caller, call_id } })
      const answer = await returned
      if (!answer) throw new RamureError('ERR_RUN_ENDED', `The run ended before '${endpoint}' answered.`)
      if (answer.error) throw new RamureError(answer.error.code ?? 'ERR_ENDPOINT_FAILED', answer.error.message)
      return (answer.result ?? null) as Json
    },
    stop: (caller, reason) =>
      push({ type: 'stop_requested', by: 'world', scope: '/', data: { caller, ...(reason !== undefined && { reason }) } }),
    follow: (after, signal) => entriesOnly(log, after, signal),
    written(entry) {
      for (const listener of [...waiting]) listener(entry)
    },
    close() {
      closed = true
      for (const listener of [...waiting]) listener(null)
    },
  }
}

async function* entriesOnly(log: RunLog, after: number, signal: AbortSignal): AsyncGenerator<Entry> {
  for await (const item of log.follow({ after, signal })) if ('seq' in item) yield item
}
