/** The tools every agent has: talk to another agent, give it a file, take a file from it. */
import { RamureError } from '../log/error.ts'
import type { JsonObject } from '../log/events.ts'
import { type AgentRecord, agentOutput } from './agent-record.ts'
import { connected } from './connect.ts'
import type { WriteSource } from './machine-record.ts'
import { ask } from './pending.ts'
import { output } from './run.ts'
import { requireScope } from './scope.ts'
import { createTool } from './tool.ts'

/** Adds the built-in tools, in the order in which agents are told of them. */
export function addBuiltins(record: AgentRecord): void {
  add(
    record,
    'message',
    'Send a message to another agent you are connected to.',
    MESSAGE,
    (input: { receiver: string; message: string }) => {
      const to = peer(record, input.receiver, record.name, input.receiver)
      agentOutput(to, requireScope('message'), 'message', {
        text: `[From: ${record.name}] ${input.message}`,
        delivery: 'steer',
        from: record.name,
      })
      return `Message sent to ${input.receiver}.`
    },
  )
  add(
    record,
    'send_file',
    'Send a file of yours to another agent you are connected to.',
    SEND_FILE,
    async (input: Transfer & { receiver: string }) => {
      const to = peer(record, input.receiver, record.name, input.receiver)
      const { bytes, dest } = await copy(record, to, input)
      return `Sent ${bytes} bytes to ${input.receiver}:${dest}.`
    },
  )
  add(
    record,
    'download_file',
    'Take a file from another agent that is connected to you.',
    DOWNLOAD_FILE,
    async (input: Transfer & { sender: string }) => {
      const from = peer(record, input.sender, input.sender, record.name)
      const { bytes, dest } = await copy(from, record, input)
      return `Downloaded ${bytes} bytes from ${input.sender}:${input.path} to ${dest}.`
    },
  )
}

interface Transfer {
  readonly path: string
  readonly dest_path?: string
}

const text = (description: string): JsonObject => ({ type: 'string', description })
const DEST = text('Where to put it on the receiving side; default: the same path.')
const MESSAGE = objectOf({ receiver: text('Name of the agent.'), message: text('What to say.') }, ['receiver', 'message'])
const SEND_FILE = objectOf({ receiver: text('Name of the agent.'), path: text('The file to send.'), dest_path: DEST }, ['receiver', 'path'])
const DOWNLOAD_FILE = objectOf({ sender: text('Name of the agent.'), path: text('The file to take.'), dest_path: DEST }, ['sender', 'path'])

function objectOf(properties: Record<string, JsonObject>, required: readonly string[]): JsonObject {
  return { type: 'object', properties, required, additionalProperties: false }
}

function add(record: AgentRecord, name: string, description: string, input: JsonObject, run: (input: never) => unknown): void {
  record.tools.set(name, createTool('tool', name, { description, input }, run))
}

/** The other agent, when it exists, lives, and the edge `from` to `to` allows this; else a recorded refusal. */
function peer(self: AgentRecord, other: string, from: string, to: string): AgentRecord {
  const { run } = self.owner.scope
  const found = run.agents.get(other)
  if (!found) throw refuse(self, other, `Unknown agent '${other}'`)
  if (!connected(run, from, to)) throw refuse(self, other, `'${from}' is not connected to '${to}'`)
  if (found.state === 'shutdown' || found.state === 'exited') throw refuse(self, other, `'${other}' has ended`)
  return found
}

function refuse(self: AgentRecord, to: string, why: string): RamureError {
  output(requireScope('message'), 'send_refused', { to, why }, { agent: self.name })
  return new RamureError('ERR_SEND_REFUSED', why)
}

async function copy(from: AgentRecord, to: AgentRecord, { path, dest_path }: Transfer): Promise<{ bytes: number; dest: string }> {
  const scope = requireScope('send_file')
  const read = await ask(scope, 'file_read_started', { machine: from.machine.id, path })
  const dest = dest_path ?? path
  const { bytes, sha256, content } = read
  // The bytes go from machine to machine; the log's copy may be masked.
  const source: WriteSource = { from: { machine: from.machine.id, path } }
  const { bytes: written } = await ask(scope, 'file_write_started', { machine: to.machine.id, path: dest, bytes, sha256, content }, source)
  return { bytes: written, dest }
}
