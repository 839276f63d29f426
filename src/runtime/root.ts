/** Called outside of every process, a process starts a run of its own: this is that start, and its end. */
import { randomBytes } from 'node:crypto'
import { errorData } from '../log/error-data.ts'
import type { EventData } from '../log/events.ts'
import { RUN_ID_BYTES, runIdFrom } from '../log/ids.ts'
import { givenArguments, warningsOf } from './arguments.ts'
import { dispatch } from './dispatcher.ts'
import { ignoreFloating } from './floating.ts'
import { patchGlobals } from './globals.ts'
import type { Definition } from './lifecycle.ts'
import { outcomeOf, startProcess } from './lifecycle.ts'
import { type LiveRun, openLiveRun } from './live-run.ts'
import { outside } from './outside.ts'
import type { ProcessScope } from './process-scope.ts'
import { onSignals } from './signals.ts'
import { type RootOptions, surroundings } from './surroundings.ts'

/**
 * Runs `definition` as the root of a new run. Resolves with its result, or rejects as it did, after everything the run
 * had opened is gone: agents, sockets, timers, its log's lock.
 */
export function startRoot(definition: Definition, args: readonly unknown[], options: RootOptions): Promise<unknown> {
  if (takenOver) return outside(takenOver, definition, givenArguments(args))
  const around = surroundings()
  const warnings = warningsOf(definition.name, args)
  return outside(() => liveRoot(definition, givenArguments(args), options, around, ({ state }) => warnings(state)))
}

/** Stands in for live runs: the program is being replayed. */
export type RootRunner = (definition: Definition, args: readonly unknown[]) => Promise<unknown>

let takenOver: RootRunner | null = null

/** From now on every root call of this Node process goes to `runner`; nothing is started live any more. */
export function takeOverRoots(runner: RootRunner): void {
  takenOver = runner
}

export function rootsAreTakenOver(): boolean {
  return takenOver !== null
}

const started = new Map<string, number>()

/** How many runs of this process came before; counts one more. */
function rootOf(name: string): number {
  const root = started.get(name) ?? 0
  started.set(name, root + 1)
  return root
}

async function liveRoot(
  definition: Definition,
  args: readonly unknown[],
  options: RootOptions,
  around: ReturnType<typeof surroundings>,
  begun: (live: LiveRun) => void,
): Promise<unknown> {
  patchGlobals()
  const run = runIdFrom(randomBytes(RUN_ID_BYTES))
  const signals = signalsOf()
  const live = await openLiveRun({
    run,
    root: rootOf(definition.name),
    seed: randomBytes(16).toString('hex'),
    definition,
    args,
    options,
    around,
  }).catch((error: unknown) => {
    signals.forget()
    throw error
  })
  begun(live)
  signals.stops(live)
  const stop = () => live.stop('its caller', String(around.signal?.reason ?? 'aborted'))
  if (around.signal?.aborted) stop()
  around.signal?.addEventListener('abort', stop, { once: true })
  const heedFloating = ignoreFloating()
  const close = () => {
    around.signal?.removeEventListener('abort', stop)
    return live.close().finally(() => {
      signals.forget()
      heedFloating()
    })
  }
  try {
    const value = await play(live, definition, args)
    await close()
    return value
  } catch (error) {
    // The first failure is the one to tell; closing twice does nothing.
    await close().catch(() => {})
    throw live.log.dead ?? error
  }
}

/** From here on a signal ends the run in order: one that comes before it has begun ends it when it has. */
function signalsOf(): { stops(live: LiveRun): void; forget(): void } {
  let live: LiveRun | null = null
  let early: string | null = null
  const stop = (run: LiveRun, signal: string) => run.stop(`signal ${signal}`, `${signal} was received`)
  const forget = onSignals((signal) => {
    if (live) return stop(live, signal)
    early ??= signal
    return true
  })
  return {
    forget,
    stops(run) {
      live = run
      if (early !== null) stop(run, early)
    },
  }
}

/** Runs the program to its end and records it. */
async function play(live: LiveRun, definition: Definition, args: readonly unknown[]): Promise<unknown> {
  let root: ProcessScope | null = null
  try {
    await dispatch(live.state, live.inbox, () => {
      root = startProcess(live.state, definition, args, null, 'call')
      const end = () => live.inbox.close()
      root.result.promise.then(end, end)
    })
  } catch (error) {
    // Too much for any log came in, or a fault of our own: the run did not vanish.
    if (!live.log.dead) await finish(live, { outcome: 'failed', error: errorData(error) })
    throw error
  }
  if (live.log.dead) throw live.log.dead
  return root ? outcome(live, root) : undefined
}

/** Records how the root process ended, and ends so as well. */
async function outcome(live: LiveRun, root: ProcessScope): Promise<unknown> {
  try {
    const value = await root.result.promise
    await finish(live, { outcome: 'completed', result: live.resultOf(root) })
    return value
  } catch (error) {
    await finish(live, outcomeOf(root, error))
    throw error
  }
}

async function finish(live: LiveRun, end: Omit<EventData['run_ended'], 'duration_ms'>): Promise<void> {
  await live.leave()
  live.ended({ ...end, duration_ms: Math.max(0, Math.round(Date.now() - live.state.startedMs)) })
}
