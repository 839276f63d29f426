/**
 * How an agent process is started and ended. Every driver speaks the same link (src/wire): the process it starts
 * registers over it. The contract test in test/machines/driver.contract.ts holds for every driver.
 */
import type { Machine } from './machine.ts'

export interface AgentDriver {
  /** `pi`, `scripted`, `external`: what `agent_created` records. */
  readonly name: string
  readonly can: { readonly steer: boolean; readonly lateTools: boolean; readonly attach: boolean; readonly usage: boolean }
  /** Starts the process; resolves when it was started, not when it registered. Rejects when it could not be started. */
  launch(spec: LaunchSpec): Promise<RunningAgent>
}

export interface LaunchSpec {
  readonly run: string
  readonly agent: string
  readonly machine: Machine
  readonly systemPrompt: string | null
  readonly model: string | null
  /** Where the agent connects, and its secret, which never enters an argv. `agentFile` (0600) is written before the launch. */
  readonly link: { readonly serverUrl: string; readonly token: string; readonly agentFile: string }
  /** Folder for this agent's own files (system prompt, stderr, sessions); exists, 0700. */
  readonly dir: string
  readonly signal: AbortSignal
}

export interface RunningAgent {
  readonly tmuxSession: string | null
  readonly pid: number | null
  /** Resolves once when the process has ended, with whatever is known of why. Never rejects. */
  readonly exited: Promise<AgentExit>
  /** Abort, shutdown, kill, sweep: each with its deadline. Resolves when nothing of the process is left. Idempotent. */
  stop(): Promise<AgentExit>
}

export interface AgentExit {
  readonly code: number | null
  readonly signal: string | null
  /** Last lines of stderr or what else was seen; empty when nothing was. */
  readonly lastWords: string
}
