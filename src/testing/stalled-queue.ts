/**
 * The order in which a simulation hands over inputs: as they came, except for agents that a stall holds back.
 *
 * Q1 What one agent does stays in its order, whatever holds it back.
 * Q2 A stall counts deliveries, not time: when nothing else can be delivered it is over, before any timer fires.
 */
import type { Draft } from '../log/events.ts'

/** From its `call`-th tool call on (1 is the first), `agent` is held back until `deliveries` other inputs were handed over. */
export interface Stall {
  readonly agent: string
  readonly call: number
  readonly deliveries: number
}

export interface StalledQueue {
  push(draft: Draft): void
  /** The next input, or undefined when all that is left is held back. */
  take(): Draft | undefined
  /** Something can be taken. */
  readonly isReady: boolean
  /** Ends the oldest stall in force. Returns false when there is none. */
  release(): boolean
}

interface Item {
  readonly draft: Draft
  /** Which call of its agent it is; 0 for everything else. */
  readonly call: number
}

interface Held {
  readonly items: Item[]
  left: number
}

export function stalledQueue(stalls: readonly Stall[]): StalledQueue {
  const open = [...stalls]
  const held = new Map<string, Held>()
  const calls = new Map<string, number>()
  let ready: Item[] = []
  let head = 0

  const numbered = (draft: Draft): Item => {
    if (draft.type !== 'tool_call' || draft.agent === undefined) return { draft, call: 0 }
    const call = (calls.get(draft.agent) ?? 0) + 1
    calls.set(draft.agent, call)
    return { draft, call }
  }
  /** How long this input is held back, by all stalls that begin with it. */
  const stallOf = ({ draft, call }: Item): number => {
    if (call === 0) return 0
    let deliveries = 0
    for (let at = open.length - 1; at >= 0; at -= 1) {
      const stall = open[at] as Stall
      if (stall.agent !== draft.agent || stall.call !== call) continue
      deliveries += stall.deliveries
      open.splice(at, 1)
    }
    return deliveries
  }
  const free = (agent: string, { items }: Held): void => {
    held.delete(agent)
    const [first, ...rest] = items
    if (first === undefined) return
    const released = [first]
    for (let at = 0; at < rest.length; at += 1) {
      const left = stallOf(rest[at] as Item)
      if (left > 0) {
        held.set(agent, { items: rest.slice(at), left })
        break
      }
      released.push(rest[at] as Item)
    }
    ready = [...released, ...ready.slice(head)]
    head = 0
  }
  return {
    push(draft) {
      const item = numbered(draft)
      const waiting = draft.agent === undefined ? undefined : held.get(draft.agent)
      if (waiting) {
        waiting.items.push(item)
        return
      }
      const left = open.length > 0 ? stallOf(item) : 0
      if (left > 0) held.set(draft.agent as string, { items: [item], left })
      else ready.push(item)
    },
    take() {
      const item = ready[head]
      if (!item) return undefined
      head += 1
      if (head >= 1024) {
        ready = ready.slice(head)
        head = 0
      }
      for (const [agent, waiting] of [...held]) {
        waiting.left -= 1
        if (waiting.left <= 0) free(agent, waiting)
      }
      return item.draft
    },
    get isReady() {
      return head < ready.length
    },
    release() {
      for (const [agent, waiting] of held) {
        free(agent, waiting)
        return true
      }
      return false
    },
  }
}
