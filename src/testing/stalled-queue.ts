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
  /** How many ms may pass in the hope of an input that goes before those that are held; default: none is hoped for. */
  readonly patienceMs?: number
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
  /** By how many deliveries this input is held back now that it is its turn; each stall holds once. */
  const stallOf = ({ draft, call }: Item): number => {
    const begins = (stall: Stall): boolean => call > 0 && stall.agent === draft.agent && stall.call === call
    const deliveries = open.filter(begins).reduce((sum, stall) => sum + stall.deliveries, 0)
    for (let at = open.length - 1; at >= 0; at -= 1) if (begins(open[at] as Stall)) open.splice(at, 1)
    return deliveries
  }
  /** True when the input was set aside: it, or something of its agent before it, is held back. */
  const isHeld = (item: Item): boolean => {
    const { agent } = item.draft
    if (agent === undefined) return false
    const before = held.get(agent)
    if (before) before.items.push(item)
    else {
      const left = open.length > 0 ? stallOf(item) : 0
      if (left <= 0) return false
      held.set(agent, { items: [item], left })
    }
    return true
  }
  /** The input whose turn it is. */
  const first = (): Item | undefined => {
    for (let item = ready[head]; item; item = ready[head]) {
      if (!isHeld(item)) return item
      head += 1
    }
    return undefined
  }
  const free = (agents: readonly string[]): void => {
    const freed = agents.flatMap((agent) => held.get(agent)?.items ?? [])
    for (const agent of agents) held.delete(agent)
    ready = [...freed, ...ready.slice(head)]
    head = 0
  }
  const delivered = (): void => {
    head += 1
    if (head >= 1024) free([])
    for (const waiting of held.values()) waiting.left -= 1
    const over = [...held].filter(([, { left }]) => left <= 0).map(([agent]) => agent)
    if (over.length > 0) free(over)
  }
  return {
    push: (draft) => void ready.push(numbered(draft)),
    take() {
      const item = first()
      if (item) delivered()
      return item?.draft
    },
    get isReady() {
      return first() !== undefined
    },
    release() {
      const [oldest] = held.keys()
      if (oldest === undefined) return false
      free([oldest])
      return true
    },
  }
}
