/** Tool names that programs may not use. */
import { RamureError } from '../log/error.ts'

/** Names that agent programs use themselves: a tool of that name would silently replace theirs. */
const OF_AGENTS: ReadonlySet<string> = new Set(['read', 'write', 'edit', 'bash', 'grep', 'find', 'ls'])
const BUILT_IN: ReadonlySet<string> = new Set(['message', 'send_file', 'download_file'])

/** True for the tools that an agent program brings itself. */
export function isToolOfAgents(name: string): boolean {
  return OF_AGENTS.has(name)
}

export function isReserved(name: string): boolean {
  return OF_AGENTS.has(name) || BUILT_IN.has(name)
}

export function reserved(name: string): RamureError {
  return new RamureError('ERR_TOOL_RESERVED', `The tool name '${name}' is taken by a built-in tool of the agent.`, {
    hint: 'Choose another name.',
  })
}
