/** A run as a long night makes it: a tree of processes, agents in turns, calls that overlap, messages, costs, failures, idle hours. */
import { runLog } from '../../src/log/append.ts'
import type { Draft } from '../../src/log/events.ts'
import { jsonlStore } from '../../src/log/jsonl.ts'
import { redactor } from '../../src/log/redact.ts'

export interface Timed {
  readonly draft: Draft
  /** Milliseconds since the entry before. */
  readonly afterMs: number
}

/** Writes such a run through the real log. */
export async function writeLongRun(logs: string, run: string, count: number): Promise<void> {
  const store = jsonlStore(logs)
  let clockMs = Date.UTC(2026, 10, 21, 1)
  const log = runLog({ store, run, writer: store.create(run), clock: () => clockMs, redact: redactor({}) })
  let written = 0
  for (const { draft, afterMs } of longRun(count)) {
    clockMs += afterMs
    log.append(draft)
    written += 1
    if (written % 1000 === 0) await log.flushed()
  }
  await log.close()
}

const PROCESSES = 4
const AGENTS_EACH = 6
const NOTE =
  'The tests of "auth" fail:\n  expected 401 → got 200.\nLook at the middleware’s order, then run them again with the café fixture.\n'

/** Yields about `count` entries, always the same. The first is the run's start, the last its end. */
export function* longRun(count: number): Generator<Timed, void> {
  yield now({ type: 'run_started', by: 'runtime', scope: '/', data: HEADER })
  yield now({ type: 'process_spawned', by: 'program', scope: ROOT, data: { process: 'night', args: ['refactor'], mode: 'call' } })
  const agents: Agent[] = []
  for (let process = 0; process < PROCESSES; process += 1) {
    const scope = `${ROOT}/area#${process}`
    yield now({ type: 'process_spawned', by: 'program', scope, data: { process: 'area', args: [process], mode: 'spawn' } })
    for (let nth = 0; nth < AGENTS_EACH; nth += 1) {
      const agent = { name: `${NAMES[nth]}${process}`, scope, aseq: 0, calls: 0 }
      agents.push(agent)
      yield of(agent, {
        type: 'agent_created',
        by: 'program',
        data: { machine: 'local', system_prompt: true, model: 'sonnet', driver: 'pi' },
      })
      yield of(agent, { type: 'registered', by: 'program', data: { tools: [] } })
    }
  }
  let written = 2 + PROCESSES + agents.length * 2
  for (let round = 0; written < count - agents.length - PROCESSES - 2; round += 1) {
    for (const step of turn(agents, round)) {
      yield step
      written += 1
    }
  }
  for (const agent of agents) yield of(agent, { type: 'agent_exited', by: 'world', data: { cause: 'shutdown', code: 0, by: 'ramure' } })
  for (let process = PROCESSES - 1; process >= 0; process -= 1) {
    yield now({ type: 'process_done', by: 'program', scope: `${ROOT}/area#${process}`, data: { result: 'ok' } })
  }
  yield now({ type: 'process_done', by: 'program', scope: ROOT, data: { result: 'ok' } })
  yield now({ type: 'run_ended', by: 'runtime', scope: '/', data: { outcome: 'completed', result: 'ok', duration_ms: 1 } })
}

interface Agent {
  readonly name: string
  readonly scope: string
  aseq: number
  calls: number
}

const ROOT = '/night#0'
const NAMES = ['planner', 'builder', 'tester', 'reviewer', 'writer', 'fixer']

/** One turn of an agent: a message to it, two calls that overlap, now and then a failure, a long wait every thousand rounds. */
function* turn(agents: readonly Agent[], round: number): Generator<Timed, void> {
  const agent = agents[(round * 7) % agents.length] as Agent
  const other = agents[(round * 11 + 3) % agents.length] as Agent
  const fails = round % 37 === 36
  const idleMs = round % 1000 === 999 ? 3 * 3_600_000 : 40 + ((round * 53) % 400)
  yield of(
    agent,
    { type: 'message', by: 'program', data: { text: `Round ${round}: ${NOTE}`, delivery: 'steer', from: other.name } },
    idleMs,
  )
  const applied = agent.aseq
  yield of(agent, { type: 'turn_start', by: 'world', data: { turn_index: round } }, 6)
  yield of(agent, { type: 'message_applied', by: 'world', data: { aseq: applied } }, 2)
  const [own, call] = [`o${agent.calls}`, `c${agent.calls++}`]
  yield of(agent, { type: 'pi_tool_start', by: 'world', data: { tool_call_id: own, tool: 'bash', args: { command: 'npm test' } } }, 180)
  yield of(agent, { type: 'tool_call', by: 'world', data: { call_id: call, tool: 'submit', params: { note: NOTE, round } } }, 30)
  const answer = fails ? { error: 'The patch does not apply.' } : { result: 'Taken in.' }
  yield of(agent, { type: 'tool_result', by: 'program', data: { call_id: call, ...answer } }, 25 + (round % 90))
  yield of(agent, { type: 'pi_tool_end', by: 'world', data: { tool_call_id: own, tool: 'bash', is_error: fails } }, 90 + (round % 700))
  yield of(agent, { type: 'message_end', by: 'world', data: { role: 'assistant', text: NOTE, truncated: false } }, 8)
  yield of(agent, { type: 'usage', by: 'world', data: { ...USAGE, cost: { total: 0.0004 + (round % 10) / 1e4 } } }, 2)
  yield of(agent, { type: 'turn_end', by: 'world', data: { turn_index: round } }, 3)
}

const USAGE = { provider: 'anthropic', model: 'sonnet', input_tokens: 900, output_tokens: 80, total_tokens: 980 }

function now(draft: Draft): Timed {
  return { draft, afterMs: 5 }
}

type AgentDraft = Pick<Draft, 'type' | 'by' | 'data'>

function of(agent: Agent, draft: AgentDraft, afterMs = 1): Timed {
  agent.aseq += 1
  // The pairs of type and data are written out above.
  return { draft: { ...draft, scope: agent.scope, agent: agent.name, aseq: agent.aseq } as Draft, afterMs }
}

const HEADER = {
  v: 1,
  run: 'patient-bison-4q7m2xk9',
  ramure: '0.1.0',
  flags: [],
  seed: '0'.repeat(32),
  process: 'night',
  root: 0,
  args: ['refactor'],
  summary: null,
  program: '/work/night.ts',
  argv: [],
  cwd: '/work',
  pid: 4242,
  host: 'here',
  node: 'v24.0.0',
  tz: 'UTC',
  server_url: null,
  code: { commit: null, dirty: null, files: {} },
  parent: null,
}
