import type { PiApi, PiToolResult } from './pi-api.ts'
import { cut, isDeeper } from './text.ts'

/** Tools that live in the program: pi calls them here, the answer comes over the link. */
export interface Toolbox {
  /** Gives pi a tool; nothing happens when it has the same one already. */
  offer(definition: Definition): void
  answer(result: { readonly call_id?: unknown; readonly result?: unknown; readonly error?: unknown }): void
  /** The call that event `id` carried will never be answered. */
  refuse(id: string, why: string): void
  /** No call will be answered any more. */
  refuseAll(why: string): void
}

export interface Definition {
  readonly name: string
  readonly description: string
  readonly parameters: unknown
}

interface Call {
  readonly eventId: string
  resolve(result: unknown): void
  reject(error: Error): void
}

/** The server's bounds for a frame, with room for what stands around the arguments. */
const [ARGUMENT_BYTES_MAX, ARGUMENT_LEVELS_MAX] = [3 * 1024 * 1024, 60]

export function createToolbox(options: {
  readonly pi: PiApi
  readonly boot: string
  readonly send: (type: string, data: object) => string
}): Toolbox {
  const { pi, boot, send } = options
  const offered = new Map<string, string>()
  const pending = new Map<string, Call>()
  const uses = new Map<string, number>()

  /** Providers repeat their ids, e.g. in a new session of the same process; two calls must not become one. */
  function callIdOf(toolCallId: string): string {
    const use = (uses.get(toolCallId) ?? 0) + 1
    uses.set(toolCallId, use)
    return use === 1 ? `${boot}:${toolCallId}` : `${boot}:${toolCallId}#${use}`
  }

  function call(tool: string, toolCallId: string, params: unknown, signal: AbortSignal | undefined): Promise<unknown> {
    const callId = callIdOf(toolCallId)
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(new Error('The call was aborted.'))
      signal?.addEventListener('abort', () => settle(callId)?.reject(new Error('The call was aborted.')), { once: true })
      pending.set(callId, { eventId: send('tool_call', { call_id: callId, tool, params }), resolve, reject })
    })
  }

  function settle(callId: string): Call | undefined {
    const found = pending.get(callId)
    pending.delete(callId)
    return found
  }

  return {
    offer(definition) {
      const { name, description, parameters } = definition
      const signature = JSON.stringify([name, description, parameters])
      if (offered.get(name) === signature) return
      offered.set(name, signature)
      const promptSnippet = (description || name).split('\n', 1)[0] ?? name
      const execute = async (toolCallId: string, params: unknown, signal: AbortSignal | undefined): Promise<PiToolResult> => {
        checkArguments(params)
        return toolResult(await call(name, toolCallId, params, signal))
      }
      pi.registerTool({ name, label: name, description, promptSnippet, parameters, execute })
    },
    answer({ call_id: callId, result, error }) {
      const waiting = settle(String(callId))
      if (error === undefined) waiting?.resolve(result)
      else waiting?.reject(new Error(String(error)))
    },
    refuse(id, why) {
      for (const [callId, { eventId }] of pending) if (eventId === id) settle(callId)?.reject(new Error(why))
    },
    refuseAll(why) {
      for (const callId of [...pending.keys()]) settle(callId)?.reject(new Error(why))
    },
  }
}

/** Told to the model, which can do something about it; sent on, it would only cost the connection. */
function checkArguments(params: unknown): void {
  if (isDeeper(params, ARGUMENT_LEVELS_MAX)) throw new Error(`The arguments nest deeper than ${ARGUMENT_LEVELS_MAX} levels.`)
  const { truncated, bytes } = cut(JSON.stringify(params ?? null), ARGUMENT_BYTES_MAX)
  if (truncated)
    throw new Error(`The arguments are ${bytes} bytes long; at most ${ARGUMENT_BYTES_MAX} are allowed. Pass a file's path instead.`)
}

function toolResult(result: unknown): PiToolResult {
  const text = typeof result === 'string' ? result : JSON.stringify(result ?? null)
  return { content: [{ type: 'text', text }], details: {} }
}
