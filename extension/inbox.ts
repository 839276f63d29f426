/**
 * Messages on their way into pi. pi says nothing about whether a message arrived, and loses all but one of those given
 * to it while a run is about to start. Therefore:
 *
 * I1 One batch is under way at a time: everything that waits, joined by empty lines.
 * I2 An idle agent gets it at once, a busy one at the end of its turn, where one batch costs one model call.
 * I3 A batch has arrived when pi shows it as a user message; until then it is given again whenever pi is idle.
 */
import type { PiApi, PiContext, PiEvent, PiMessage } from './pi-api.ts'
import { textOf } from './text.ts'

export interface Message {
  /** Number of the entry: what the receipt names. */
  readonly aseq: number
  readonly text: string
  readonly delivery: 'steer' | 'follow_up'
}

export interface Inbox {
  push(message: Message): void
  turnEnded(event: PiEvent, context: PiContext): void
  /** pi may be idle now: look again. */
  settled(): void
  messageStarted(message: PiMessage): void
}

interface Batch {
  readonly messages: readonly Message[]
  readonly text: string
  readonly givenAt: number
  readonly attempt: number
}

const UNCONFIRMED_MS = 1500
const ATTEMPTS_MAX = 5

export function openInbox(options: {
  readonly pi: PiApi
  /** Null before the session has started and after it has ended. */
  readonly context: () => PiContext | null
  readonly applied: (message: Message) => void
  /** pi did not show these after several attempts; they are not given again. */
  readonly lost: (messages: readonly Message[]) => void
  readonly now: () => number
}): Inbox {
  const { pi, context, applied, lost, now } = options
  let waiting: Message[] = []
  let batch: Batch | null = null

  function give(messages: readonly Message[], attempt: number): void {
    if (messages.length === 0) return
    batch = { messages, text: messages.map(({ text }) => text).join('\n\n'), givenAt: now(), attempt }
    // An idle pi ignores how it should be delivered. A rejection that nobody hears would end pi; I3 tries again.
    void Promise.resolve(pi.sendUserMessage(batch.text, { deliverAs: 'steer' })).catch(() => {})
  }

  function giveWhenIdle(): void {
    if (!context()?.isIdle()) return
    if (batch && now() - batch.givenAt < UNCONFIRMED_MS) return
    if (batch && batch.attempt < ATTEMPTS_MAX) return give(batch.messages, batch.attempt + 1)
    if (batch) lost(batch.messages)
    batch = null
    const messages = waiting
    waiting = []
    give(messages, 1)
  }

  /** Order is kept: a message that waits for the end of the run holds back those behind it. */
  function steer(): void {
    const end = waiting.findIndex(({ delivery }) => delivery === 'follow_up')
    const messages = end === -1 ? waiting : waiting.slice(0, end)
    waiting = waiting.slice(messages.length)
    give(messages, 1)
  }

  return {
    push(message) {
      waiting.push(message)
      giveWhenIdle()
    },
    turnEnded({ message }, { signal }) {
      // What is steered into a run that is being given up gets no answer.
      const isEnding = signal?.aborted || message?.stopReason === 'aborted' || message?.stopReason === 'error'
      if (!isEnding && !batch) steer()
    },
    settled: giveWhenIdle,
    messageStarted(message) {
      if (!batch || message.role !== 'user' || textOf(message.content) !== batch.text) return
      const arrived = batch.messages
      batch = null
      for (const each of arrived) applied(each)
    },
  }
}
