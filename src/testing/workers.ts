/**
 * Who may still act without being told to: agents and steps of a simulation. They run outside of its process, each in a
 * scope of its own that shares the virtual clock and has seeded dice, so that they come out the same every time.
 */

import { RamureError } from '../log/error.ts'
import type { Draft, Entry, EntryOf, RunStarted } from '../log/events.ts'
import { localImage } from '../machines/local.ts'
import { forget, rejectAll } from '../runtime/pending.ts'
import { createProcessScope, type ProcessScope } from '../runtime/process-scope.ts'
import { createRun, type Run } from '../runtime/run.ts'
import { within } from '../runtime/scope.ts'
import type { VirtualClock } from './virtual-clock.ts'

export interface Worker {
  /** Runs `fn` with this worker's clock, timers and dice. */
  inside<R>(fn: () => R): R
  /** Marks what the worker awaits and cannot hurry: an answer of the run. */
  parked<T>(waiting: Promise<T>): Promise<T>
  /** It has done something: it is not to be given up. */
  stir(): void
  /** It is over: its timers are cleared, what they would have settled rejects with `reason`. */
  end(reason: unknown): void
}

export interface Workers {
  start(name: string): Worker
  /** Some worker is neither over nor waiting for the run or the clock. */
  isBusy(): boolean
  /** Whoever is busy is taken to wait for something that will not come, until it stirs. */
  giveUp(): void
  /** Ends them all. */
  close(reason: unknown): void
}

interface Working {
  readonly process: ProcessScope
  waits: number
  givenUp: boolean
}

export function openWorkers(header: RunStarted, clock: VirtualClock): Workers {
  const run = workersRun(header, clock)
  const working = new Set<Working>()
  const names = new Map<string, number>()
  const end = (worker: Working, reason: unknown) => {
    if (!working.delete(worker)) return
    worker.process.phase = 'closed'
    rejectAll(worker.process, reason)
  }
  return {
    start(name) {
      const nth = names.get(name) ?? 0
      names.set(name, nth + 1)
      const process = createProcessScope(run, name, `/outside/${name}#${nth}`, null, run.defaultImage)
      const worker: Working = { process, waits: 0, givenUp: false }
      working.add(worker)
      return {
        inside: (fn) => within(process.scope, fn),
        parked(waiting) {
          worker.givenUp = false
          worker.waits += 1
          const awake = () => void (worker.waits -= 1)
          waiting.then(awake, awake)
          return waiting
        },
        stir: () => void (worker.givenUp = false),
        end: (reason) => end(worker, reason),
      }
    },
    isBusy: () => [...working].some(isBusy),
    giveUp() {
      for (const worker of working) if (isBusy(worker)) worker.givenUp = true
    },
    close(reason) {
      for (const worker of working) end(worker, reason)
    },
  }
}

function isBusy({ process, waits, givenUp }: Working): boolean {
  return waits === 0 && !givenUp && process.pending.size === 0
}

/** A run beside the run: it has a clock, dice and timers, and nothing of it is recorded. */
function workersRun(header: RunStarted, clock: VirtualClock): Run {
  const armed = new Map<number, unknown>()
  let seq = 0
  const fire = (asked: EntryOf<'timer_set'>, process: ProcessScope | undefined): void => {
    armed.delete(asked.seq)
    const waiting = run.pending.get(asked.seq)
    if (!waiting || !process) return
    forget(process, asked.seq)
    waiting.settle(asked)
  }
  const output = (draft: Draft): Entry => {
    seq += 1
    const entry = { ...draft, seq, time: new Date(clock.nowMs).toISOString() } as Entry
    if (entry.type === 'timer_set')
      armed.set(
        seq,
        clock.set(() => fire(entry, run.pending.get(entry.seq)?.process), entry.data.ms),
      )
    else if (entry.type !== 'timer_cleared') throw notInside(entry.type)
    return entry
  }
  const abandon = (asked: number): void => {
    const timer = armed.get(asked)
    armed.delete(asked)
    if (timer !== undefined) clock.clear(timer)
  }
  const journal = { input: (draft: Draft | Entry) => draft as Entry, output, note: () => {}, settled: () => {} }
  const parts = { id: header.run, header, directory: null, journal, rim: { abandon }, defaultImage: localImage(), io: 'allow' as const }
  const run = createRun({ ...parts, startedMs: clock.nowMs })
  Object.defineProperty(run, 'clockMs', { get: () => clock.nowMs })
  return run
}

function notInside(type: string): RamureError {
  return new RamureError('ERR_NO_PROCESS', `A scripted agent or a step made the output '${type}': they run outside of the process.`, {
    hint: 'An agent calls tools; a step returns a value. What follows from that is decided by the process.',
  })
}
