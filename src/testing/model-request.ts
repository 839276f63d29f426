import type { Json } from '../log/events.ts'

/** What a model was asked: the whole conversation, and nothing else, decides its answer. */
export interface ModelRequest {
  readonly model: string
  /** System messages, joined by an empty line. */
  readonly system: string
  readonly messages: readonly ModelMessage[]
  /** Names of the tools the model may call. */
  readonly tools: readonly string[]
}

export interface ModelMessage {
  readonly role: 'user' | 'assistant' | 'tool'
  readonly text: string
  /** Only on assistant messages. */
  readonly calls: readonly ModelCall[]
}

export interface ModelCall {
  readonly id: string
  readonly tool: string
  /** Arguments as the JSON text that went over the wire. */
  readonly args: string
}

/** Reads the body of a chat completion request. Throws a TypeError that names the field when it is not one. */
export function parseModelRequest(body: unknown): ModelRequest {
  if (!isRecord(body)) throw new TypeError('The body must be a JSON object.')
  if (typeof body.model !== 'string') throw new TypeError('`model` must be a string.')
  if (!Array.isArray(body.messages)) throw new TypeError('`messages` must be an array.')
  const messages = body.messages.filter(isRecord)
  return {
    model: body.model,
    system: messages
      .filter((message) => isSystem(message.role))
      .map((message) => textOf(message.content))
      .join('\n\n'),
    messages: messages.filter((message) => !isSystem(message.role)).map(parseMessage),
    tools: list(body.tools).map((tool) => String(field(tool, 'function').name)),
  }
}

function parseMessage(message: Fields): ModelMessage {
  const { role } = message
  if (role !== 'user' && role !== 'assistant' && role !== 'tool') throw new TypeError(`Unknown role ${JSON.stringify(role)}.`)
  return { role, text: textOf(message.content), calls: list(message.tool_calls).map(parseCall) }
}

function parseCall(call: Fields): ModelCall {
  const { name, arguments: args } = field(call, 'function')
  return { id: String(call.id), tool: String(name), args: String(args) }
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  return list(content)
    .map((part) => (typeof part.text === 'string' ? part.text : ''))
    .join('')
}

type Fields = { readonly [key: string]: Json | undefined }

const isSystem = (role: unknown): boolean => role === 'system' || role === 'developer'
const isRecord = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)
const list = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value.filter(isRecord) : [])

function field(value: Fields, name: string): Fields {
  const inner = value[name]
  return isRecord(inner) ? inner : {}
}
