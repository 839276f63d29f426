/** Acts on what a program asked for: machines, commands, files, steps, timers. Every answer goes into the inbox. */
import { RamureError } from '../log/error.ts'
import { errorData } from '../log/error-data.ts'
import type { Draft, Entry, EntryOf, EventData } from '../log/events.ts'
import { bytesOf, contentOf } from '../log/file-content.ts'
import { toJson } from '../log/json.ts'
import type { Image, Machine } from '../machines/machine.ts'
import type { StepFunction } from './effects.ts'
import type { WriteSource } from './machine-record.ts'
import { type RimTimers, realTimers } from './outside.ts'
import type { Answers } from './pending.ts'

export interface LiveEffects {
  /** Starts what a written entry asks for; ignores every other entry. */
  perform(entry: Entry, payload: unknown): void
  /** Stops what the entry with this `seq` started: its answer is no longer wanted. */
  abandon(seq: number): void
  /** A machine of this run; rejects with what its image threw. */
  machine(id: string): Promise<Machine>
  /** Stops everything under way and every machine. */
  close(): Promise<void>
}

export interface LiveEffectsOptions {
  /** Default: Node's. */
  readonly timers?: RimTimers
  /** Makes a machine of an image; default: what the image itself makes. */
  readonly spawn?: (image: Image, id: string, cwd: string) => Promise<Machine>
}

export function liveEffects(push: (draft: Draft) => void, cwd: string, options: LiveEffectsOptions = {}): LiveEffects {
  const { timers = realTimers, spawn = (image: Image) => image.spawn({ cwd }) } = options
  const machines = new Map<string, Promise<Machine>>()
  const running = new Map<number, () => void>()
  /** What `close` waits for: machines that are stopping, commands that are being killed, files under way. */
  const leaving = new Set<Promise<unknown>>()
  const unwanted = new Set<number>()
  let performedSeq = 0
  let closed = false

  const machine = (id: string): Promise<Machine> =>
    machines.get(id) ?? Promise.reject(new RamureError('ERR_MACHINE_GONE', `The machine '${id}' was stopped.`))
  const track = (ending: Promise<unknown>) => {
    const tracked = ending.catch(() => {}).finally(() => leaving.delete(tracked))
    leaving.add(tracked)
  }
  const stopMachine = (id: string) => {
    track(machine(id).then((stopped) => stopped.stop()))
    machines.delete(id)
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
    if (type !== 'step_result') track(acting)
    acting.then(
      (data) => running.has(asked.seq) && answer(asked, type, data),
      (error: unknown) => running.has(asked.seq) && answer(asked, type, { error: errorData(error) }),
    )
  }
  const start = (entry: Entry, payload: unknown): void => {
    switch (entry.type) {
      case 'machine_created': {
        const spawned = (async () => spawn(payload as Image, entry.data.machine, cwd))()
        spawned.catch(() => {}) // Whoever uses the machine is told.
        machines.set(entry.data.machine, spawned)
        return
      }
      case 'machine_stopped':
        return stopMachine(entry.data.machine)
      case 'exec_started':
        return work(entry, 'exec_result', (signal) => execute(entry, (payload as { command: string }).command, signal))
      case 'file_read_started':
        return work(entry, 'file_read', async () => {
          const bytes = await (await machine(entry.data.machine)).readFile(entry.data.path)
          return { bytes: bytes.length, ...contentOf(bytes) }
        })
      case 'file_write_started':
        return work(entry, 'file_written', () => write(entry, payload as WriteSource | undefined))
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
    return (await machine(data.machine)).exec(command, options)
  }
  const write = async ({ data }: EntryOf<'file_write_started'>, source: WriteSource | undefined) => {
    const target = await machine(data.machine)
    const bytes = await sourceBytes(data, source)
    await target.writeFile(data.path, bytes)
    return { bytes: bytes.length }
  }
  const sourceBytes = async (data: EventData['file_write_started'], source: WriteSource | undefined): Promise<Uint8Array> => {
    if (!source) return bytesOf(data.content)
    return 'bytes' in source ? source.bytes : (await machine(source.from.machine)).readFile(source.from.path)
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
    async close() {
      closed = true
      for (const stop of running.values()) stop()
      running.clear()
      for (const id of [...machines.keys()]) stopMachine(id)
      await Promise.all(leaving)
    },
  }
}
