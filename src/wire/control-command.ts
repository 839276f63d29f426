/** What a line on the control socket asks for, and the answer. Knows no socket. */
import { RamureError } from '../log/error.ts'
import type { Entry, Json, JsonObject } from '../log/events.ts'
import { isObject } from '../log/json.ts'
import { FRAME_DEPTH_MAX } from './frame.ts'
import type { ControlHost } from './host.ts'
import { readJson } from './json-text.ts'

export type ControlReply =
  | { readonly kind: 'answer'; readonly answer: JsonObject }
  /** Entries above `after` for which `wants` holds, one per line, until the client closes. */
  | { readonly kind: 'follow'; readonly after: number; wants(entry: Entry): boolean }
  /** Where the log ends, now and whenever there is more in it, until the client closes. */
  | { readonly kind: 'wake' }

/** Carries out one line. Never rejects: whatever goes wrong is the answer. */
export async function obey(line: Uint8Array, host: ControlHost): Promise<ControlReply> {
  const read = readJson(line, FRAME_DEPTH_MAX)
  if (read.kind !== 'value' || !isObject(read.value)) return failure('invalid json', 'ERR_INVALID_JSON')
  try {
    return await perform(read.value, host)
  } catch (error) {
    return { kind: 'answer', answer: errorAnswer(error) }
  }
}

async function perform(command: JsonObject, host: ControlHost): Promise<ControlReply> {
  switch (command.cmd) {
    case 'status':
      return answer(host.status())
    case 'agent':
      return showAgent(command.name, host)
    case 'send':
      return send(command, host)
    case 'endpoints':
      // The cast: a definition is JSON, its type only lacks the index signature.
      return answer({ endpoints: host.endpoints() as unknown as Json })
    case 'call':
      return call(command, host)
    case 'stop':
      host.stop(callerOf(command), typeof command.reason === 'string' ? command.reason : undefined)
      return answer({ ok: true })
    case 'follow':
      return follow(command)
    case 'wake':
      return { kind: 'wake' }
    default:
      return failure(`unknown cmd '${named(command.cmd)}'`, 'ERR_UNKNOWN_CMD')
  }
}

function showAgent(name: Json | undefined, host: ControlHost): ControlReply {
  const agent = typeof name === 'string' ? host.agent(name) : null
  return agent ? answer(agent) : unknownAgent(name)
}

async function send(command: JsonObject, host: ControlHost): Promise<ControlReply> {
  const { agent, text } = command
  if (typeof agent !== 'string' || host.agent(agent) === null) return unknownAgent(agent)
  if (typeof text !== 'string' || text === '') return failure('missing text', 'ERR_MISSING_TEXT')
  return answer({ ok: true, verdict: await host.send(agent, text, callerOf(command)) })
}

async function call(command: JsonObject, host: ControlHost): Promise<ControlReply> {
  const { endpoint, kwargs = {} } = command
  if (typeof endpoint !== 'string' || !host.endpoints().some((definition) => definition.name === endpoint)) {
    return failure(`unknown endpoint '${named(endpoint)}'`, 'ERR_UNKNOWN_ENDPOINT')
  }
  if (!isObject(kwargs)) return failure('kwargs must be an object', 'ERR_BAD_KWARGS')
  return answer({ ok: true, result: await host.call(endpoint, kwargs, callerOf(command)) })
}

function follow(command: JsonObject): ControlReply {
  const { after = 0, agents, types } = command
  if (typeof after !== 'number' || !Number.isSafeInteger(after) || after < 0)
    return failure('after must be a whole number from 0 up', 'ERR_BAD_FOLLOW')
  const agentNames = namesOf(agents)
  const typeNames = namesOf(types)
  if (agentNames === 'bad' || typeNames === 'bad') return failure('agents and types must be lists of names', 'ERR_BAD_FOLLOW')
  return {
    kind: 'follow',
    after,
    wants: (entry) => (agentNames?.has(entry.agent ?? '') ?? true) && (typeNames?.has(entry.type) ?? true),
  }
}

/** Names to filter by; undefined lets everything through. */
function namesOf(list: Json | undefined): ReadonlySet<string> | undefined | 'bad' {
  if (list === undefined) return undefined
  if (!Array.isArray(list)) return 'bad'
  const names: readonly Json[] = list
  return names.every((name) => typeof name === 'string') ? new Set(names) : 'bad'
}

/** Who asks: a tag for the log, nothing more. Whoever can open the socket is this user. */
function callerOf(command: JsonObject): string {
  const { caller } = command
  return typeof caller === 'string' && caller !== '' ? caller.slice(0, 200) : 'external:cli'
}

const NAMED_CHARACTERS_MAX = 100

/** A name as an error repeats it. */
function named(value: Json | undefined): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
  return text.slice(0, NAMED_CHARACTERS_MAX).toWellFormed()
}

function unknownAgent(name: Json | undefined): ControlReply {
  return failure(`unknown agent '${named(name)}'`, 'ERR_UNKNOWN_AGENT')
}

function answer(value: JsonObject): ControlReply {
  return { kind: 'answer', answer: value }
}

function failure(error: string, code: string): ControlReply {
  return answer({ error, code })
}

/** What was thrown, as an answer; an empty message would say nothing, so the name stands in for it. */
function errorAnswer(error: unknown): JsonObject {
  if (!(error instanceof Error)) return { error: String(error), code: 'ERR_COMMAND_FAILED' }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'ERR_COMMAND_FAILED'
  const hint = error instanceof RamureError ? error.hint : undefined
  return { error: error.message || error.name, code, ...(hint === undefined ? {} : { hint }) }
}
