/** The world of a recorded run, for a simulation of it: what commands and steps answered, who asked what from outside. */
import { Buffer } from 'node:buffer'
import { reviveError } from '../log/error-data.ts'
import type { Entry, EntryOf, EventType } from '../log/events.ts'
import { bytesOf } from '../log/file-content.ts'
import { sleep } from '../runtime/effects.ts'
import { turnOf } from './ordered-queue.ts'
import type { OutsideInput, SimulateOptions } from './simulate.ts'
import type { CommandAnswer, SimulatedMachineOptions } from './simulated-machine.ts'

export type RecordedWorld = Required<Pick<SimulateOptions, 'seed' | 'startAt' | 'machines' | 'steps' | 'order' | 'outside'>>

/**
 * What `simulate()` needs beside the agents to play a recorded run again: its seed and start, what each command and step
 * answered, in order and as much later, files as they were first read, whose input was first, and what came from outside.
 * What was never answered is not.
 */
export function worldOf(recording: readonly Entry[]): RecordedWorld {
  const [header] = recording
  const started = header?.type === 'run_started' ? header : null
  const startMs = Date.parse(started?.time ?? '') || 0
  return {
    seed: started?.data.seed ?? 0,
    startAt: startMs,
    machines: { exec: commandsIn(recording), files: filesIn(recording) },
    steps: stepsIn(recording),
    order: recording.filter(({ by }) => by === 'world').map(turnOf),
    outside: recording.flatMap((entry) => outsideOf(entry, startMs)),
  }
}

type Asked = EntryOf<'exec_started' | 'step_started'>

/** Each question's answers in the order of the questions. */
function answersIn<A extends EventType>(recording: readonly Entry[], asks: Asked['type'], answers: A, labelOf: (asked: Asked) => string) {
  const byCause = new Map(recording.flatMap((entry) => (entry.type === answers ? [[entry.cause, entry as EntryOf<A>] as const] : [])))
  const queues = new Map<string, { readonly afterMs: number; readonly answer: EntryOf<A> | null }[]>()
  for (const asked of recording) {
    if (asked.type !== asks) continue
    const answer = byCause.get(asked.seq) ?? null
    const queue = queues.get(labelOf(asked as Asked)) ?? []
    queue.push({ afterMs: answer ? Date.parse(answer.time) - Date.parse(asked.time) : 0, answer })
    queues.set(labelOf(asked as Asked), queue)
  }
  return queues
}

/** The next answer of a queue when its time has come; never, for one that was not answered. */
async function nextOf<A extends EventType>(queue: { readonly afterMs: number; readonly answer: EntryOf<A> | null }[] | undefined) {
  const next = queue?.shift()
  if (!next) return undefined
  if (!next.answer) return new Promise<never>(() => {})
  if (next.afterMs > 0) await sleep(next.afterMs)
  return next.answer
}

function commandsIn(recording: readonly Entry[]): NonNullable<SimulatedMachineOptions['exec']> {
  const queues = answersIn(recording, 'exec_started', 'exec_result', ({ data }) => ('command' in data ? data.command : ''))
  return async (command): Promise<CommandAnswer | undefined> => {
    const answer = await nextOf(queues.get(command))
    if (answer && 'error' in answer.data) throw reviveError(answer.data.error)
    return answer?.data as CommandAnswer | undefined
  }
}

function stepsIn(recording: readonly Entry[]): RecordedWorld['steps'] {
  const queues = answersIn(recording, 'step_started', 'step_result', ({ data }) => ('name' in data ? data.name : ''))
  const step = (name: string) => async () => {
    const answer = await nextOf(queues.get(name))
    if (!answer) throw new Error(`The recording has no further answer of the step '${name}'.`)
    if ('error' in answer.data) throw reviveError(answer.data.error)
    return answer.data.value
  }
  return Object.fromEntries([...queues.keys()].map((name) => [name, step(name)]))
}

/** Files that were read before anything was written there. */
function filesIn(recording: readonly Entry[]): Record<string, Uint8Array> {
  const asked = new Map<number, string>()
  const files = new Map<string, Uint8Array | null>()
  for (const entry of recording) {
    if (entry.type === 'file_read_started') asked.set(entry.seq, entry.data.path)
    if (entry.type === 'file_write_started' && !files.has(entry.data.path)) files.set(entry.data.path, null)
    if (entry.type !== 'file_read' || 'error' in entry.data) continue
    const path = asked.get(entry.cause ?? 0)
    if (path !== undefined && !files.has(path)) files.set(path, Buffer.from(bytesOf(entry.data.content)))
  }
  return Object.fromEntries([...files].flatMap(([path, content]) => (content ? [[path, content] as const] : [])))
}

function outsideOf(entry: Entry, startMs: number): OutsideInput[] {
  if (entry.type !== 'endpoint_called' && entry.type !== 'cli_send' && entry.type !== 'stop_requested') return []
  const { type, data, scope, by } = entry
  return [{ afterMs: Date.parse(entry.time) - startMs, input: { type, data, scope, by } as OutsideInput['input'] }]
}
