import type { PiEvent, PiMessage, PiUsage } from './pi-api.ts'
import { blocks, cut, isDeeper, textOf, thinkingCharacters } from './text.ts'

/** What pi did, as events of the agent's own. Thinking is counted, never shown. */
export interface Activity {
  readonly type: string
  readonly data: object
}

/** Bounds in bytes; 0 sets none. */
export interface Caps {
  readonly messageBytesMax: number
  readonly toolResultBytesMax: number
}

/** Reads the caps; default 16384 each, also for what is no number. Even "no bound" ends where a frame does. */
export function capsOf(env: NodeJS.ProcessEnv): Caps {
  return { messageBytesMax: cap(env.RAMURE_MESSAGE_MAX_BYTES), toolResultBytesMax: cap(env.RAMURE_TOOL_RESULT_MAX_BYTES) }
}

/** JSON writes a byte with up to six, and a frame of 4 MiB is the largest that servers take. */
const BYTES_CEILING = 512 * 1024

function cap(text: string | undefined): number {
  const bytes = /^\d{1,12}$/.test(text ?? '') ? Number(text) : 16_384
  return bytes === 0 ? BYTES_CEILING : Math.min(bytes, BYTES_CEILING)
}

export const turn = (type: 'turn_start' | 'turn_end', { turnIndex = 0 }: PiEvent): Activity => ({ type, data: { turn_index: turnIndex } })

/** Null for what is no turn of the conversation: system messages, and tool results, which have an event of their own. */
export function messageStart({ message }: PiEvent): Activity | null {
  return message && isShown(message) ? { type: 'message_start', data: { role: message.role } } : null
}

export function messageEnd({ message }: PiEvent, { messageBytesMax }: Caps): Activity[] {
  if (!message || !isShown(message)) return []
  const { text, truncated } = cut(textOf(message.content), messageBytesMax)
  const calls = blocks(message.content, 'toolCall').map(({ id, name }) => ({ tool_call_id: id, tool: name }))
  const thinking = thinkingCharacters(message.content)
  const data = {
    role: message.role,
    text,
    truncated,
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
    ...(thinking > 0 ? { thinking_chars: thinking } : {}),
    ...failure(message, messageBytesMax),
  }
  return [{ type: 'message_end', data }, ...(message.usage ? [usage(message, message.usage)] : [])]
}

const isShown = ({ role }: PiMessage): boolean => role !== undefined && role !== 'system' && role !== 'toolResult'

/** A model that failed says nothing; without its error nobody could tell why. */
function failure({ stopReason, errorMessage }: PiMessage, bytesMax: number): object {
  if (stopReason !== 'error' && stopReason !== 'aborted') return {}
  return { stop_reason: stopReason, ...(errorMessage === undefined ? {} : { error: cut(errorMessage, bytesMax).text }) }
}

function usage({ provider = 'unknown', model = 'unknown' }: PiMessage, { cost = {}, ...tokens }: PiUsage): Activity {
  const data = {
    provider,
    model,
    input_tokens: tokens.input ?? 0,
    output_tokens: tokens.output ?? 0,
    cache_read_tokens: tokens.cacheRead ?? 0,
    cache_write_tokens: tokens.cacheWrite ?? 0,
    total_tokens: tokens.totalTokens ?? 0,
    cost: {
      input: cost.input ?? 0,
      output: cost.output ?? 0,
      cache_read: cost.cacheRead ?? 0,
      cache_write: cost.cacheWrite ?? 0,
      total: cost.total ?? 0,
    },
  }
  return { type: 'usage', data }
}

export function toolStart(event: PiEvent, caps: Caps): Activity {
  return { type: 'pi_tool_start', data: { ...toolOf(event), args: boundedArguments(event.args, caps.toolResultBytesMax) } }
}

export function toolEnd(event: PiEvent, { toolResultBytesMax }: Caps): Activity[] {
  const head = { ...toolOf(event), is_error: event.isError === true }
  const { text, truncated, bytes } = cut(textOf(event.result?.content), toolResultBytesMax)
  const data = { ...head, text, truncated, ...(truncated ? { original_length: bytes } : {}) }
  return [
    { type: 'pi_tool_end', data: head },
    { type: 'pi_tool_result', data },
  ]
}

const toolOf = ({ toolCallId = '', toolName = '' }: PiEvent): object => ({ tool_call_id: toolCallId, tool: toolName })

function boundedArguments(args: unknown, bytesMax: number): unknown {
  if (isDeeper(args, 60)) return { truncated: true, text: '' }
  const { text, truncated } = cut(JSON.stringify(args ?? null), bytesMax)
  return truncated ? { truncated, text } : (args ?? null)
}
