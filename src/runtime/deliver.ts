/** Hands one input to whoever it is for: the only way the world reaches a program. */
import type { Entry, EntryOf } from '../log/events.ts'
import { agentOutput, receive } from './agent-record.ts'
import { receiveCall } from './endpoint.ts'
import { ExecutionCancelled } from './errors.ts'
import { forget } from './pending.ts'
import { interrupt } from './process-scope.ts'
import type { Run } from './run.ts'

export function deliver(run: Run, entry: Entry): void {
  switch (entry.type) {
    case 'exec_result':
    case 'file_read':
    case 'file_written':
    case 'step_result':
    case 'timer_fired':
      settle(run, entry)
      return
    case 'endpoint_called':
      receiveCall(run, entry)
      return
    case 'cli_send':
      say(run, entry)
      return
    case 'stop_requested':
      if (run.root) interrupt(run.root, new ExecutionCancelled(entry.data.reason ?? 'stop was requested', entry.data.caller))
      return
    default: {
      const record = entry.agent === undefined ? undefined : run.agents.get(entry.agent)
      if (record) receive(record, entry)
    }
  }
}

/** An answer whose question was taken back in the meantime is recorded and goes to nobody. */
function settle(run: Run, entry: Entry): void {
  const seq = entry.cause ?? 0
  const waiting = run.pending.get(seq)
  if (!waiting) return
  forget(waiting.process, seq)
  try {
    waiting.settle(entry)
  } catch (error) {
    // A timer's callback threw: as fatal as an uncaught exception, for this process.
    interrupt(waiting.process, error instanceof Error ? error : new Error(String(error)))
  }
}

function say(run: Run, entry: EntryOf<'cli_send'>): void {
  const record = run.agents.get(entry.data.agent)
  if (!record || record.state === 'shutdown' || record.state === 'exited') return
  agentOutput(record, record.owner.scope, 'message', { text: entry.data.text, delivery: 'steer' })
}
