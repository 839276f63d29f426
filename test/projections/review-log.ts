/** A run as people have it: two agents, a tool call that fails, a message nobody takes up, a child process, costs. */
import type { Entry } from '../../src/log/events.ts'
import { runStarted, writer } from './entries.ts'

const ROOT = '/review#0'
const CHILD = '/review#0/e2e#0'

/** `until` cuts the log there; without it the run has completed. */
export function reviewLog(until = Number.POSITIVE_INFINITY): Entry[] {
  const { write, entries } = writer()
  write(runStarted())
  write({ type: 'process_spawned', by: 'program', scope: ROOT, data: { process: 'review', args: ['fizzbuzz'], mode: 'call' } })
  write({ type: 'machine_created', by: 'program', scope: ROOT, data: { machine: 'local', kind: 'LocalMachine', workdir: '/work' } })
  for (const agent of ['builder', 'reviewer']) {
    write({
      type: 'agent_created',
      by: 'program',
      scope: ROOT,
      agent,
      data: { machine: 'local', system_prompt: true, model: 'sonnet', driver: 'pi' },
    })
    write({ type: 'agent_spawned', by: 'runtime', scope: ROOT, agent, data: { tmux_session: `ramure-r-${agent}`, driver: 'pi', pid: 77 } })
    write({ type: 'register', by: 'world', scope: ROOT, agent, data: { execution_id: 'r', pid: 78 } }, 600)
    write({ type: 'registered', by: 'program', scope: ROOT, agent, data: { tools: [] } })
  }
  write({ type: 'connection_added', by: 'program', scope: ROOT, data: { a: 'builder', b: 'reviewer', direction: 'both' } })
  write({ type: 'message', by: 'program', scope: ROOT, agent: 'builder', data: { text: 'Implement: fizzbuzz', delivery: 'follow_up' } })
  write({ type: 'message_applied', by: 'world', scope: ROOT, agent: 'builder', data: { aseq: 5 } }, 3)
  write({ type: 'turn_start', by: 'world', scope: ROOT, agent: 'builder', data: { turn_index: 0 } })
  write({
    type: 'pi_tool_start',
    by: 'world',
    scope: ROOT,
    agent: 'builder',
    data: { tool_call_id: 'x1', tool: 'bash', args: { command: 'npm test' } },
  })
  write(
    { type: 'pi_tool_end', by: 'world', scope: ROOT, agent: 'builder', data: { tool_call_id: 'x1', tool: 'bash', is_error: false } },
    14_200,
  )
  const usage = { provider: 'p', model: 'sonnet', input_tokens: 61_000, output_tokens: 200, total_tokens: 61_200, cost: { total: 0.92 } }
  write({ type: 'usage', by: 'world', scope: ROOT, agent: 'builder', data: usage })
  write({ type: 'process_spawned', by: 'program', scope: CHILD, data: { process: 'e2e', args: [], mode: 'spawn' } })
  write({
    type: 'agent_created',
    by: 'program',
    scope: CHILD,
    agent: 'tester',
    data: { machine: 'local', system_prompt: false, model: null, driver: 'scripted' },
  })
  write({ type: 'registered', by: 'program', scope: CHILD, agent: 'tester', data: { tools: [] } })
  write({
    type: 'usage',
    by: 'world',
    scope: CHILD,
    agent: 'tester',
    data: { input_tokens: 4_000, output_tokens: 100, total_tokens: 4_100 },
  })
  write({
    type: 'tool_call',
    by: 'world',
    scope: ROOT,
    agent: 'builder',
    data: { call_id: 'tc-1', tool: 'submit', params: { code: 'for (;;) {}' } },
  })
  write({
    type: 'send_refused',
    by: 'program',
    scope: `${ROOT}/on:tool(builder,submit)#0`,
    agent: 'builder',
    data: { to: 'deployer', why: 'builder is not connected to deployer' },
  })
  write({ type: 'tool_result', by: 'program', scope: ROOT, agent: 'builder', data: { call_id: 'tc-1', error: 'Not sent.' } }, 31)
  write(
    { type: 'tool_call', by: 'world', scope: ROOT, agent: 'builder', data: { call_id: 'tc-2', tool: 'submit', params: { code: 'x' } } },
    2000,
  )
  write({ type: 'tool_result', by: 'program', scope: ROOT, agent: 'builder', data: { call_id: 'tc-2', result: 'Sent to review.' } }, 38)
  write({ type: 'turn_end', by: 'world', scope: ROOT, agent: 'builder', data: { turn_index: 0 } })
  write({
    type: 'agent_exited',
    by: 'world',
    scope: CHILD,
    agent: 'tester',
    data: { cause: 'exited', code: 137, signal: 'SIGKILL', by: 'unknown', message: 'Killed' },
  })
  write({ type: 'process_failed', by: 'program', scope: CHILD, data: { error: { name: 'Error', message: 'tester is gone' } } })
  write({
    type: 'warning',
    by: 'runtime',
    scope: ROOT,
    data: { code: 'WARN_UNRECORDED_IO', message: 'A read was not recorded.', site: 'review.ts:9' },
  })
  write({
    type: 'message',
    by: 'program',
    scope: ROOT,
    agent: 'reviewer',
    data: { text: 'Review:\nfizz', delivery: 'steer', from: 'builder' },
  })
  write({ type: 'tool_call', by: 'world', scope: ROOT, agent: 'reviewer', data: { call_id: 'tc-3', tool: 'approve', params: {} } }, 500)
  write({ type: 'done', by: 'program', scope: `${ROOT}/on:tool(reviewer,approve)#0`, data: { value: 'fizzbuzz.ts' } })
  write({ type: 'tool_result', by: 'program', scope: ROOT, agent: 'reviewer', data: { call_id: 'tc-3', result: 'Approved.' } }, 9)
  for (const agent of ['builder', 'reviewer']) {
    write({ type: 'shutdown', by: 'program', scope: ROOT, agent, data: {} })
    write({ type: 'agent_exited', by: 'world', scope: ROOT, agent, data: { cause: 'shutdown', code: 0, by: 'ramure' } })
  }
  write({ type: 'process_done', by: 'program', scope: ROOT, data: { result: 'fizzbuzz.ts' } })
  write({ type: 'run_ended', by: 'runtime', scope: '/', data: { outcome: 'completed', result: 'fizzbuzz.ts', duration_ms: 18_000 } })
  return entries.slice(0, until)
}
