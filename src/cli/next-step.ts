/** What to run next about a problem. */
import type { Problem } from '../projections/attention.ts'

export interface NextStepContext {
  /** What the run is called in commands. */
  readonly name: string
  readonly live: boolean
  /** Whether the agent it is about has a terminal that can be attached to: not one whose process is gone. */
  readonly hasTerminal: boolean
}

/** A command that exists, ready to run. */
export function nextStep(
  { kind, who, seq }: { readonly kind: Problem['kind'] | 'orphaned'; readonly who: string; readonly seq: number },
  { name, live, hasTerminal }: NextStepContext,
): string {
  switch (kind) {
    case 'counterexample':
      return `ramure export-test ${name}`
    case 'orphaned':
    case 'stuck':
    case 'run_failed':
      return `ramure why ${name}`
    case 'process_failed':
    case 'agent_exited':
    case 'unanswered':
      return `ramure why ${name} ${seq}`
    case 'stalled':
    case 'unregistered':
    case 'unapplied':
    case 'disconnected':
      // A run that is named by its path is not to be found by its id.
      return live && hasTerminal && !name.includes('/') ? `ramure connect ${who} --id ${name}` : `ramure tail ${name} --agent ${who}`
    case 'send_refused':
    case 'call_failed':
    case 'model_error':
    case 'agent_error':
    case 'warning':
      return `ramure show ${name} ${seq}`
  }
}
