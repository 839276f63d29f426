/** Events that the server has not shown back yet, in order. What is resent keeps its id, so nothing is recorded twice. */
export interface Outbox {
  add(type: string, data: object): OutboxEvent
  /** The server has it, or will never take it. */
  remove(id: string): void
  all(): readonly OutboxEvent[]
  /** The longest event, which is the one that a server with a bound refused. */
  longest(): OutboxEvent | undefined
}

export interface OutboxEvent {
  readonly id: string
  readonly type: string
  /** The frame as it is sent. */
  readonly frame: string
}

/** While the server is away activity piles up; the oldest of it goes, never a call or a message's receipt. */
const EVENTS_MAX = 5000

export function openOutbox(nextId: () => string): Outbox {
  const waiting = new Map<string, OutboxEvent>()

  function forgetOldestActivity(): void {
    for (const { id, type } of waiting.values()) {
      if (type !== 'tool_call' && type !== 'message_applied') return void waiting.delete(id)
    }
  }

  return {
    add(type, data) {
      const id = nextId()
      const event = { id, type, frame: eventFrame(id, type, data) }
      waiting.set(id, event)
      if (waiting.size > EVENTS_MAX) forgetOldestActivity()
      return event
    },
    remove: (id) => void waiting.delete(id),
    all: () => [...waiting.values()],
    longest: () =>
      [...waiting.values()].reduce<OutboxEvent | undefined>((a, b) => (a && a.frame.length >= b.frame.length ? a : b), undefined),
  }
}

export function eventFrame(id: string, type: string, data: object): string {
  return JSON.stringify({ type: 'event', event_type: type, data, id })
}
