/**
 * Inputs in an order that was recorded: whose turn it is goes first, as soon as it is there. What does not come
 * this time holds nobody back for ever: when nothing else can happen, the first that is there goes.
 */
import type { Draft, EventType } from '../log/events.ts'
import type { StalledQueue } from './stalled-queue.ts'

/** An input, by what tells it from others: those of an agent by its name, all others by where their answer is awaited. */
export interface Turn {
  readonly type: EventType
  readonly agent?: string
  readonly scope?: string
  readonly timer?: string
}

/** The turn of an entry that was recorded, or of one that is to be. */
export function turnOf({ type, agent, scope, data }: Pick<Draft, 'type' | 'agent' | 'scope' | 'data'>): Turn {
  if (agent !== undefined) return { type, agent }
  return 'timer' in data && typeof data.timer === 'string' ? { type, scope, timer: data.timer } : { type, scope }
}

/** In a real run two agents are hardly ever closer to each other than this. */
const PATIENCE_MS = 50

export function orderedQueue(order: readonly Turn[]): StalledQueue {
  const expected = [...order]
  const ready: Draft[] = []
  let anyMay = false

  /** Index of the input whose turn it is; -1 when it is not there. What has no turn any more does not wait. */
  const next = (): number => {
    if (anyMay && ready.length > 0) return 0
    const [turn] = expected
    return ready.findIndex((draft) => !turn || !isExpected(draft, expected) || fits(draft, turn))
  }
  return {
    push: (draft) => void ready.push(draft),
    take() {
      const at = next()
      if (at === -1) return undefined
      anyMay = false
      const [draft] = ready.splice(at, 1)
      const was = draft ? expected.findIndex((turn) => fits(draft, turn)) : -1
      if (was >= 0) expected.splice(was, 1)
      return draft
    },
    get isReady() {
      return next() !== -1
    },
    get patienceMs() {
      return ready.length > 0 ? PATIENCE_MS : Number.NEGATIVE_INFINITY
    },
    release() {
      anyMay = ready.length > 0
      return anyMay
    },
  }
}

function isExpected(draft: Draft, expected: readonly Turn[]): boolean {
  return expected.some((turn) => fits(draft, turn))
}

function fits(draft: Draft, turn: Turn): boolean {
  const { type, agent, scope, timer } = turnOf(draft)
  return type === turn.type && agent === turn.agent && scope === turn.scope && timer === turn.timer
}
