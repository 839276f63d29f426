/** Time that passes only when it is told to: the timers of a simulation, and what its clock shows. */
import type { RimTimers } from '../runtime/outside.ts'

export interface VirtualClock extends RimTimers {
  /** Milliseconds since 1970. */
  readonly nowMs: number
  /** Timers that are armed. */
  readonly armedCount: number
  /** When the earliest armed timer is due, in ms since 1970; Infinity when none is. */
  readonly nextDueMs: number
  /** Moves on to the earliest timer and fires it; of equal ones, the one that was set first. Returns false when none is armed. */
  advance(): boolean
}

/** @param startMs what the clock shows first, in ms since 1970. */
export function virtualClock(startMs: number): VirtualClock {
  const heap: Timer[] = []
  let nowMs = startMs
  let nth = 0
  let armed = 0
  return {
    get nowMs() {
      return nowMs
    },
    get armedCount() {
      return armed
    },
    get nextDueMs() {
      while (heap[0] && !heap[0].act) pop(heap)
      return heap[0]?.dueMs ?? Number.POSITIVE_INFINITY
    },
    set(act, ms) {
      nth += 1
      armed += 1
      const timer: Timer = { dueMs: nowMs + Math.max(0, ms), nth, act }
      push(heap, timer)
      return timer
    },
    clear(timer) {
      const known = timer as Timer
      // It stays in the heap, empty, until its time comes.
      if (known.act) armed -= 1
      known.act = null
    },
    advance() {
      for (let timer = pop(heap); timer; timer = pop(heap)) {
        const { act } = timer
        if (!act) continue
        timer.act = null
        armed -= 1
        nowMs = Math.max(nowMs, timer.dueMs)
        act()
        return true
      }
      return false
    },
  }
}

interface Timer {
  readonly dueMs: number
  readonly nth: number
  /** Null once it was fired or cleared. */
  act: (() => void) | null
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.nth < b.nth)
}

function push(heap: Timer[], timer: Timer): void {
  let at = heap.push(timer) - 1
  while (at > 0) {
    const up = (at - 1) >> 1
    const parent = heap[up] as Timer
    if (!isBefore(timer, parent)) break
    heap[at] = parent
    at = up
  }
  heap[at] = timer
}

function pop(heap: Timer[]): Timer | undefined {
  const first = heap[0]
  const last = heap.pop()
  if (last && heap.length > 0) sink(heap, last)
  return first
}

function sink(heap: Timer[], timer: Timer): void {
  let at = 0
  for (;;) {
    const left = 2 * at + 1
    const right = left + 1
    if (left >= heap.length) break
    const child = right < heap.length && isBefore(heap[right] as Timer, heap[left] as Timer) ? right : left
    if (!isBefore(heap[child] as Timer, timer)) break
    heap[at] = heap[child] as Timer
    at = child
  }
  heap[at] = timer
}
