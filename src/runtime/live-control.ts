/** What people may ask of a live run, through its control socket. */
import { randomUUID } from 'node:crypto'
import type { RunLog } from '../log/append.ts'
import { RamureError } from '../log/error.ts'
import type { Draft, Entry, EventData, Json, JsonObject } from '../log/events.ts'
import type { Lagged } from '../log/store.ts'
import type { ControlHost } from '../wire/host.ts'
import type { AgentRecord } from './agent-record.ts'
import { real } from './outside.ts'
import type { Run } from './run.ts'

export interface LiveControlOptions {
  readonly run: Run
  readonly log: RunLog
  readonly push: (draft: Draft) => void
  readonly tmuxSession: (agent: string) => string | null
  /** How long `send` waits, in all, for the agent to have the message before it answers `unconfirmed`; default 2,000 ms. */
  readonly confirmMs?: number
}

export interface LiveControl extends ControlHost {
  /** Learns from written entries what became of calls and messages. */
  written(entry: Entry): void
  /** Answers whoever still waits: the run is over. */
  close(): void
}

type Returned = EventData['endpoint_returned']

export function liveControl({ run, log, push, tmuxSession, confirmMs = 2_000 }: LiveControlOptions): LiveControl {
  const waiting = new Set<(entry: Entry | null) => void>()
  // By id: with many calls under way, asking each of them about each entry would cost more than all the rest.
  const calls = new Map<string, (data: Returned | null) => void>()
  let closed = false
  let writtenSeq = log.lastSeq
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
      const sent = sending(id, agent, () => run.agents.get(agent)?.state)
      const verdict = watch(sent.look, confirmMs)
      push({ type: 'cli_send', by: 'world', scope: '/', id, data: { agent, text, caller } })
      // Late is not lost: a run that is busy sends it when its turn comes. One that has ended never will.
      return (await verdict) ?? (closed && !sent.isMade() ? 'failed' : 'unconfirmed')
    },
    endpoints: () => [...(run.root?.endpoints.values() ?? [])].map((endpoint) => endpoint.definition),
    async call(endpoint, kwargs, caller) {
      const call_id = randomUUID()
      const returned = new Promise<Returned | null>((resolve) => (closed ? resolve(null) : calls.set(call_id, resolve)))
      push({ type: 'endpoint_called', by: 'world', scope: run.root?.scope.path ?? '/', data: { endpoint, kwargs, caller, call_id } })
      const answer = await returned
      calls.delete(call_id)
      if (!answer) throw new RamureError('ERR_RUN_ENDED', `The run ended before '${endpoint}' answered.`)
      if (answer.error) throw new RamureError(answer.error.code ?? 'ERR_ENDPOINT_FAILED', answer.error.message)
      return (answer.result ?? null) as Json
    },
    stop: (caller, reason) =>
      push({ type: 'stop_requested', by: 'world', scope: '/', data: { caller, ...(reason !== undefined && { reason }) } }),
    follow: (after, signal) => entriesOf(log, after, signal),
    writtenSeq: () => writtenSeq,
    onWritten: (listener) => log.onWritten(listener),
    written(entry) {
      writtenSeq = entry.seq
      if (entry.type === 'endpoint_returned') calls.get(entry.data.call_id)?.(entry.data)
      for (const listener of [...waiting]) listener(entry)
    },
    close() {
      closed = true
      for (const settle of calls.values()) settle(null)
      for (const listener of [...waiting]) listener(null)
    },
  }
}

/** What becomes of one `cli_send`: the message it makes, and the agent's word that it has it. */
function sending(id: string, agent: string, stateNow: () => AgentRecord['state'] | undefined) {
  let asked: number | null = null
  let aseq: number | null = null
  return {
    isMade: () => aseq !== null,
    look(entry: Entry): 'delivered' | 'failed' | undefined {
      if (entry.id === id && entry.type === 'cli_send') {
        asked = entry.seq
        // To an agent that has gone no message is made.
        const state = stateNow()
        return state === undefined || state === 'shutdown' || state === 'exited' ? 'failed' : undefined
      }
      if (entry.agent !== agent) return undefined
      if (entry.type === 'message' && asked !== null && entry.cause === asked) aseq = entry.aseq ?? null
      return entry.type === 'message_applied' && aseq !== null && entry.data.aseq === aseq ? 'delivered' : undefined
    },
  }
}

async function* entriesOf(log: RunLog, after: number, signal: AbortSignal): AsyncGenerator<Entry | Lagged> {
  for await (const item of log.follow({ after, signal })) {
    if ('unreadable' in item) continue
    yield item
    // Nothing follows it, though the log itself closes later: who is behind has until then.
    if ('seq' in item && item.type === 'run_ended') return
  }
}
