/**
 * The part of pi's extension API that is used here, as pi 0.73 to 1.5 have it. Written down instead of imported: the
 * packages' names changed between versions, and the one file that pi loads must not need any of them.
 */

export interface PiApi {
  on(event: string, listener: (event: PiEvent, context: PiContext) => unknown): void
  registerTool(tool: PiTool): void
  /** Says nothing about whether the message arrived. */
  sendUserMessage(text: string, options?: { readonly deliverAs?: 'steer' | 'followUp' }): unknown
}

export interface PiContext {
  isIdle(): boolean
  abort(): void
  /** Takes effect when the agent is idle. */
  shutdown(): void
  readonly signal?: AbortSignal | undefined
  readonly model?: { readonly provider?: string; readonly id?: string }
}

/** Fields by event; every one is optional because no version promises it. */
export interface PiEvent {
  readonly reason?: string
  readonly turnIndex?: number
  readonly message?: PiMessage
  readonly toolCallId?: string
  readonly toolName?: string
  readonly args?: unknown
  readonly result?: { readonly content?: unknown }
  readonly isError?: boolean
}

export interface PiMessage {
  readonly role?: string
  readonly content?: unknown
  readonly provider?: string
  readonly model?: string
  readonly usage?: PiUsage
  readonly stopReason?: string
  readonly errorMessage?: string
}

export interface PiUsage {
  readonly input?: number
  readonly output?: number
  readonly cacheRead?: number
  readonly cacheWrite?: number
  readonly totalTokens?: number
  readonly cost?: {
    readonly input?: number
    readonly output?: number
    readonly cacheRead?: number
    readonly cacheWrite?: number
    readonly total?: number
  }
}

export interface PiTool {
  readonly name: string
  readonly label: string
  readonly description: string
  readonly promptSnippet: string
  readonly parameters: unknown
  execute(toolCallId: string, params: unknown, signal: AbortSignal | undefined): Promise<PiToolResult>
}

export interface PiToolResult {
  readonly content: readonly { readonly type: 'text'; readonly text: string }[]
  readonly details: Readonly<Record<string, unknown>>
}
