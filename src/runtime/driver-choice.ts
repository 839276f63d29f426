/** How an agent runs, as a program chooses it. */

/** An agent played by a function of this process: for demos, tests and simulations. */
export interface ScriptedDriver {
  readonly name: 'scripted'
  readonly play: (me: ScriptedAgent) => Promise<void> | void
}

export type DriverChoice = 'pi' | 'external' | ScriptedDriver

/** What the function that plays an agent can do. It runs outside of the process: what it does reaches it as recorded input. */
export interface ScriptedAgent {
  readonly name: string
  /** Aborts when the agent is shut down. */
  readonly signal: AbortSignal
  /** The next message, marked as applied. Rejects when the agent is shut down. */
  next(): Promise<ScriptedMessage>
  /** Messages until the agent is shut down, then ends. */
  readonly messages: AsyncIterable<ScriptedMessage>
  /** Calls a tool and resolves with its result. Rejects with the tool's error, and when the agent is shut down. */
  call(tool: string, params?: Record<string, unknown>): Promise<unknown>
  /** Names of the tools it was given so far. */
  readonly tools: readonly string[]
  /** Reports an event of its own, as pi does with `turn_start` or `usage`. */
  report(type: string, data?: Record<string, unknown>): void
  /** Ends as a process that crashes: with this exit code, without saying goodbye. */
  crash(code?: number): never
}

export interface ScriptedMessage {
  readonly text: string
  readonly from?: string
}

/** An agent played by `play`; when the function returns the agent stays, silent, until it is shut down. */
export function scripted(play: ScriptedDriver['play']): ScriptedDriver {
  if (typeof play !== 'function') throw new TypeError('scripted() takes the function that plays the agent.')
  return { name: 'scripted', play }
}
