/** Acts on what a program asked for: machines, commands, files, steps, timers. Every answer goes into the inbox. */
import { RamureError } from '../log/error.ts'
import { errorData } from '../log/error-data.ts'
import type { Draft, Entry, EntryOf, EventData } from '../log/events.ts'
import { bytesOf, contentOf } from '../log/file-content.ts'
import { toJson } from '../log/json.ts'
import type { Image, Machine } from '../machines/machine.ts'
import { unlessAborted } from '../machines/unless-aborted.ts'
import type { StepFunction } from './effects.ts'
import type { WriteSource } from './machine-record.ts'
import { type RimTimers, realTimers } from './outside.ts'
import { PATIENCE_MS, waitAtMost } from './patience.ts'
import type { Answers } from './pending.ts'

export interface LiveEffects {
  /** Starts what a written entry asks for; ignores every other entry. */
  perform(entry: Entry, payload: unknown): void
  /** Stops what the entry with this `seq` started: its answer is no longer wanted. */
  abandon(seq: number): void
  /** A machine of this run; rejects with what its image threw. */
  machine(id: string): Promise<Machine>
  /** Stops everything under way and every machine. Resolves with what had not come to an end in time, in words. Idempotent. */
  close(): Promise<readonly string[]>
}

export interface LiveEffectsOptions {
  /** Default: Node's. */
  readonly timers?: RimTimers
  /** Makes a machine of an image; default: what the image itself makes. */
  readonly spawn?: (image: Image, id: string, cwd: string, signal: AbortSignal) => Promise<Machine>
  /** How long `close` waits for what others have to end; default 10,000 ms. */
  readonly patienceMs?: number
}

interface Spawned {
  readonly made: Promise<Machine>
  /** Aborts a spawn that nobody wants any more; null once it has settled. */
  giveUp: (() => void) | null
}

export function liveEffects(push: (draft: Draft) => void, cwd: string, options: LiveEffectsOptions = {}): LiveEffects {
  const { timers = realTimers, spawn = (image: Image, _id: string, _cwd: string, signal: AbortSignal) => image.spawn({ cwd, signal }) } =
    options
  const machines = new Map<string, Spawned>()
  const running = new Map<number, () => void>()
  /** What `close` waits for, in words: machines that are stopping, commands that are being killed, files under way. */
  const leaving = new Map<Promise<unknown>, () => string>()
  const unwanted = new Set<number>()
  let performedSeq = 0
  let closed: Promise<readonly string[]> | null = null

  const machine = (id: string): Promise<Machine> =>
    machines.get(id)?.made ?? Promise.reject(new RamureError('ERR_MACHINE_GONE', `The machine '${id}' was stopped.`))
  const wanted = (id: string, signal: AbortSignal) => unlessAborted(machine(id), signal, `Waiting for the machine '${id}'`)
  const track = (ending: Promise<unknown>, words: () => string) => {
    const tracked = ending.catch(() => {}).finally(() => leaving.delete(tracked))
    leaving.set(tracked, words)
  }
  const makeMachine = (id: string, image: Image) => {
    const stop = new AbortController()
    const made = (async () => spawn(image, id, cwd, stop.signal))()
    const spawned: Spawned = { made, giveUp: () => stop.abort(new RamureError('ERR_MACHINE_GONE', `The machine '${id}' was stopped.`)) }
    const settled = () => void (spawned.giveUp = null)
    made.then(settled, settled) // Whoever uses the machine is told of its failure.
    machines.set(id, spawned)
  }
  const stopMachine = (id: string) => {
    const spawned = machines.get(id)
    machines.delete(id)
    if (!spawned) return
    spawned.giveUp?.()
    track(
      spawned.made.then((made) => made.stop()),
      () => `machine '${id}' is still being ${spawned.giveUp ? 'made' : 'stopped'}`,
    )
  }
  const answer = (asked: Entry, type: Answers[keyof Answers] | 'timer_fired', data: unknown) => {
    running.delete(asked.seq)
    if (!closed) push({ type, by: 'world', scope: asked.scope, cause: asked.seq, data } as Draft)
  }
  /** Runs `act` until it settles or is abandoned; its error is an answer like any other. */
  const work = <T extends Answers[keyof Answers]>(asked: Entry, type: T, act: (signal: AbortSignal) => Promise<EventData[T]>) => {
    const stop = new AbortController()
    running.set(asked.seq, () => stop.abort())
    const acting = act(stop.signal)
    // A step is the program's own function: if it does not listen to its signal, nobody waits for it.
    if (type !== 'step_result') track(acting, () => wordsOf(asked))
    acting.then(
      (data) => running.has(asked.seq) && answer(asked, type, data),
      (error: unknown) => running.has(asked.seq) && answer(asked, type, { error: errorData(error) }),
    )
  }
  const start = (entry: Entry, payload: unknown): void => {
    switch (entry.type) {
      case 'machine_created':
        return makeMachine(entry.data.machine, payload as Image)
      case 'machine_stopped':
        return stopMachine(entry.data.machine)
      case 'exec_started':
        return work(entry, 'exec_result', (signal) => execute(entry, (payload as { command: string }).command, signal))
      case 'file_read_started':
        return work(entry, 'file_read', async (signal) => {
          const bytes = await (await wanted(entry.data.machine, signal)).readFile(entry.data.path, { signal })
          return { bytes: bytes.length, ...contentOf(bytes) }
        })
      case 'file_write_started':
        return work(entry, 'file_written', (signal) => write(entry, payload as WriteSource | undefined, signal))
      case 'step_started':
        return work(entry, 'step_result', async (signal) => ({ value: toJson(await (payload as StepFunction)({ signal })) }))
      case 'timer_set': {
        const timer = timers.set(() => answer(entry, 'timer_fired', { timer: entry.data.timer }), entry.data.ms)
        running.set(entry.seq, () => timers.clear(timer))
        return
      }
      default:
    }
  }
  const execute = async ({ data }: EntryOf<'exec_started'>, command: string, signal: AbortSignal) => {
    const options = {
      signal,
      ...(data.timeout_ms !== null && { timeoutMs: data.timeout_ms }),
      ...(data.user !== undefined && { user: data.user }),
    }
    return (await wanted(data.machine, signal)).exec(command, options)
  }
  const write = async ({ data }: EntryOf<'file_write_started'>, source: WriteSource | undefined, signal: AbortSignal) => {
    const target = await wanted(data.machine, signal)
    const bytes = await sourceBytes(data, source, signal)
    await target.writeFile(data.path, bytes, { signal })
    return { bytes: bytes.length }
  }
  const sourceBytes = async (data: EventData['file_write_started'], source: WriteSource | undefined, signal: AbortSignal) => {
    if (!source) return bytesOf(data.content)
    if ('bytes' in source) return source.bytes
    const { machine: id, path } = source.from
    return (await wanted(id, signal)).readFile(path, { signal })
  }
  const stopAll = (): Promise<readonly string[]> => {
    for (const stop of running.values()) stop()
    running.clear()
    for (const id of [...machines.keys()]) stopMachine(id)
    const left = () => [...leaving.values()].map((words) => words())
    const none: readonly string[] = []
    return waitAtMost(
      options.patienceMs ?? PATIENCE_MS,
      Promise.all(leaving.keys()).then(() => none),
      left,
      timers,
    )
  }
  return {
    machine,
    perform(entry, payload) {
      performedSeq = entry.seq
      if (!closed && !unwanted.delete(entry.seq)) start(entry, payload)
    },
    abandon(seq) {
      const stop = running.get(seq)
      running.delete(seq)
      if (stop) stop()
      else if (seq > performedSeq) unwanted.add(seq)
    },
    // What is told while it closes starts nothing: `closed` is set before the first of it stops.
    close: () => (closed ??= Promise.resolve().then(stopAll)),
  }
}

function wordsOf(asked: Entry): string {
  const { machine, path } = asked.data as { readonly machine?: string; readonly path?: string }
  const what = asked.type === 'exec_started' ? 'a command' : `${asked.type === 'file_read_started' ? 'reading' : 'writing'} '${path}'`
  return `${what} on machine '${machine}' (#${asked.seq}) has not come to an end`
}
