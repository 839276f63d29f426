/**
 * The inbox of a simulation, and the one place where its time passes.
 *
 * V1 As long as an input can be handed over, or somebody may still make one, time stands still.
 * V2 Then stalls end, one by one; then the next step of the schedule happens; then the earliest timer fires; when there is
 *    none, the run is stuck.
 * V3 No timer of the machine decides anything: quiet is a number of macrotask turns without a sign of life.
 */
import type { Draft } from '../log/events.ts'
import { turn } from '../runtime/outside.ts'
import type { LiveInbox } from '../runtime/rim.ts'
import type { ActivityWatch } from './activity.ts'
import type { StalledQueue } from './stalled-queue.ts'
import type { VirtualClock } from './virtual-clock.ts'
import type { Workers } from './workers.ts'

export interface VirtualInboxOptions {
  readonly queue: StalledQueue
  readonly clock: VirtualClock
  readonly workers: Workers
  readonly activity: ActivityWatch
  /** Turns without a sign of life after which somebody who is neither waiting nor done is given up. */
  readonly settleTurns: number
  /** Inputs and fired timers after which the run is taken to go on for ever. */
  readonly turnsMax: number
  /** Lets the next thing happen; false when there is none now. Default: nobody acts but by himself. */
  readonly move?: () => boolean
}

export interface VirtualInbox extends LiveInbox {
  /** Why there are no more inputs although the run has not ended; null while it goes on and when it ended by itself. */
  readonly halted: 'stuck' | 'endless' | null
}

export function virtualInbox({ queue, clock, workers, activity, settleTurns, turnsMax, move }: VirtualInboxOptions): VirtualInbox {
  let closed = false
  let halted: VirtualInbox['halted'] = null
  let turns = 0

  /** Lets everybody go on until an input is there or nobody can. */
  const settle = async (): Promise<void> => {
    for (let quiet = 0; !queue.isReady && !closed; quiet += 1) {
      await turn()
      if (activity.requestsAreOpen()) quiet = 0
      else if (!workers.isBusy() && !activity.isWatched) return
      else if (activity.handlesAreOpen()) quiet = 0
      else if (quiet >= settleTurns) return workers.giveUp()
    }
  }
  const halt = (why: 'stuck' | 'endless'): undefined => {
    halted = why
    return undefined
  }
  return {
    get halted() {
      return halted
    },
    push(draft: Draft) {
      if (!closed) queue.push(draft)
      return !closed
    },
    close: () => void (closed = true),
    async next() {
      for (; !closed; ) {
        if (turns >= turnsMax) return halt('endless')
        const draft = queue.take()
        if (draft) {
          turns += 1
          return draft
        }
        await settle()
        if (closed || queue.isReady) continue
        const isPatient = clock.nextDueMs - clock.nowMs <= (queue.patienceMs ?? Number.NEGATIVE_INFINITY)
        if (!isPatient && (queue.release() || move?.())) continue
        if (!clock.advance()) return halt('stuck')
        turns += 1
      }
      return undefined
    },
  }
}
