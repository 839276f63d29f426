import { readFileSync, unlinkSync } from 'node:fs'

/** Who this agent is and where it connects. */
export interface AgentFile {
  readonly server_url: string
  readonly execution_id: string
  readonly agent: string
  readonly token: string
}

const KEPT = Symbol.for('ramure.agent')

/**
 * Reads the file that RAMURE_AGENT_FILE names, then removes file and variable, so that no command of the agent finds
 * the token. It is kept in memory for a reload of the extensions. Null outside of a run; throws when it cannot be read.
 */
export function takeAgentFile(env: NodeJS.ProcessEnv): AgentFile | null {
  const memory = globalThis as { [KEPT]?: AgentFile }
  const path = env.RAMURE_AGENT_FILE
  if (path === undefined) return memory[KEPT] ?? null
  const parsed = JSON.parse(readFileSync(path, 'utf8')) as Partial<AgentFile>
  unlinkSync(path)
  delete env.RAMURE_AGENT_FILE
  const { server_url, execution_id, agent, token } = parsed
  if (!server_url || !execution_id || !agent || !token) throw new Error(`${path} is not an agent file.`)
  return (memory[KEPT] = { server_url, execution_id, agent, token })
}
