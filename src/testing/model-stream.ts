import type { JsonObject } from '../log/events.ts'
import type { ModelRequest } from './model-request.ts'

/** What a scripted model does when it is asked. `delayMs` (default 0) passes before the first byte of the answer. */
export type ModelStep = { readonly delayMs?: number } & (
  | { readonly kind: 'say'; readonly text: string; readonly thinking?: string }
  | { readonly kind: 'call'; readonly calls: readonly PlannedCall[]; readonly text?: string; readonly thinking?: string }
  /** An HTTP error: 429 and 5xx are tried again by most clients, other 4xx are not. */
  | { readonly kind: 'error'; readonly status: number; readonly message?: string }
  /** The stream opens and never ends. */
  | { readonly kind: 'hang' }
)

export interface PlannedCall {
  readonly tool: string
  readonly args: JsonObject
}

/** The chunks of a streamed answer, in order; those of `hang` never say that they are finished. */
export function modelChunks(step: Exclude<ModelStep, { kind: 'error' }>, request: ModelRequest): JsonObject[] {
  const opening = delta({ role: 'assistant', content: '' })
  if (step.kind === 'hang') return [opening]
  const thinking = pieces(step.thinking ?? '').map((text) => delta({ reasoning_content: text }))
  const text = pieces(step.text ?? '').map((piece) => delta({ content: piece }))
  const calls = step.kind === 'call' ? step.calls.flatMap((call, index) => callChunks(call, index, callCount(request))) : []
  const finish = { choices: [{ index: 0, delta: {}, finish_reason: step.kind === 'call' ? 'tool_calls' : 'stop' }] }
  return [opening, ...thinking, ...text, ...calls, finish, { choices: [], usage: usage(request, [...thinking, ...text, ...calls].length) }]
}

/** Ids follow from the conversation too: the same conversation gets the same ids in every process. */
function callChunks(call: PlannedCall, index: number, before: number): JsonObject[] {
  const id = `call_${before + index + 1}`
  const head = delta({ tool_calls: [{ index, id, type: 'function', function: { name: call.tool, arguments: '' } }] })
  const args = pieces(JSON.stringify(call.args)).map((piece) => delta({ tool_calls: [{ index, function: { arguments: piece } }] }))
  return [head, ...args]
}

const callCount = (request: ModelRequest): number => request.messages.reduce((count, message) => count + message.calls.length, 0)

/** Real models stream in pieces; clients that only survive whole answers should be found out. */
function pieces(text: string): string[] {
  return text.match(/[^]{1,400}/gu) ?? []
}

const delta = (fields: JsonObject): JsonObject => ({ choices: [{ index: 0, delta: fields, finish_reason: null }] })

/** About four characters to a token, so that costs look like costs and are the same in every run. */
function usage(request: ModelRequest, outputPieces: number): JsonObject {
  const characters = request.system.length + request.messages.reduce((sum, message) => sum + message.text.length, 0)
  const input = Math.ceil(characters / 4)
  return { prompt_tokens: input, completion_tokens: outputPieces + 1, total_tokens: input + outputPieces + 1 }
}
