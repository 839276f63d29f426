/** An agent that somebody else starts: it finds the agent file, connects, registers. */
import type { AgentDriver, AgentExit } from '../machines/driver.ts'
import { removeAgentFile } from '../wire/agent-file.ts'
import { deferred } from './deferred.ts'

export function externalDriver(): AgentDriver {
  return {
    name: 'external',
    can: { steer: true, lateTools: true, attach: false, usage: false },
    async launch({ link }) {
      // Its process is nobody's business here: only its connection tells whether it is there.
      const exit = deferred<AgentExit>()
      return {
        tmuxSession: null,
        pid: null,
        exited: exit.promise,
        async stop() {
          await removeAgentFile(link.agentFile)
          exit.resolve({ code: null, signal: null, lastWords: '' })
          return exit.promise
        },
      }
    },
  }
}
