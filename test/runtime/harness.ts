/** Runs a program with a home of its own, keeps what it recorded, and reruns it: a recording must be identical to itself. */
import { mkdtempSync, rmSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import type { Entry, EntryOf, EventType } from '../../src/log/events.ts'
import { memoryStore } from '../../src/log/memory.ts'
import type { LogStore } from '../../src/log/store.ts'
import { rerun } from '../../src/replay/rerun.ts'
import { agentProcess, definitionOf, type ProcessOptions } from '../../src/runtime/process.ts'
import { surroundedBy } from '../../src/runtime/surroundings.ts'

export interface LiveOptions extends ProcessOptions {
  readonly name?: string
  readonly args?: readonly unknown[]
  readonly home?: string
  readonly store?: LogStore
  /** Whether the recording is rerun and compared; default true. */
  readonly reruns?: boolean
}

export interface Recording {
  readonly run: string
  readonly home: string
  readonly entries: readonly Entry[]
  readonly result: PromiseSettledResult<unknown>
  /** The result's value; throws what the run rejected with. */
  value<T = unknown>(): T
  /** What the run rejected with; fails when it did not. */
  error(): Error & { code?: string; reason?: string }
  of<T extends EventType>(type: T): readonly EntryOf<T>[]
}

export interface Live {
  readonly home: string
  /** The first entry of this type, now or later, for which `wants` holds. */
  until<T extends EventType>(type: T, wants?: (entry: EntryOf<T>) => boolean): Promise<EntryOf<T>>
  readonly ended: Promise<Recording>
}

/** Starts `fn` as a root process on a memory store. */
export function start(fn: (...args: never[]) => Promise<unknown>, options: LiveOptions = {}): Live {
  const { name = 'main', args = [], home = temporaryHome(), store = memoryStore(), reruns = true, ...rest } = options
  const seen: Entry[] = []
  const waiting = new Set<() => void>()
  const onEntry = (entry: Entry) => {
    seen.push(entry)
    for (const look of [...waiting]) look()
  }
  const main = agentProcess(name, fn as (...given: unknown[]) => Promise<unknown>, rest)
  const settled = surroundedBy({ env: { RAMURE_HOME: home }, store, onEntry }, () => Promise.allSettled([main(...args)]))
  const ended = settled.then(async ([result]): Promise<Recording> => {
    const run = seen[0]?.type === 'run_started' ? seen[0].data.run : ''
    const entries = run === '' ? [] : await readAll(store, run)
    const recording = recordingOf(run, home, entries, result as PromiseSettledResult<unknown>)
    if (reruns) await expectIdentical(main, entries)
    return recording
  })
  return {
    home,
    ended,
    until: <T extends EventType>(type: T, wants: (entry: EntryOf<T>) => boolean = () => true) =>
      new Promise<EntryOf<T>>((resolve, reject) => {
        const look = () => {
          const found = seen.find((entry): entry is EntryOf<T> => entry.type === type && wants(entry as EntryOf<T>))
          if (!found) return
          waiting.delete(look)
          resolve(found)
        }
        waiting.add(look)
        look()
        settled.then(() => reject(new Error(`The run ended without the ${type} that was waited for.`)), reject)
      }),
  }
}

/** Runs `fn` to its end. */
export function record(fn: (...args: never[]) => Promise<unknown>, options: LiveOptions = {}): Promise<Recording> {
  return start(fn, options).ended
}

export async function expectIdentical(main: unknown, entries: readonly Entry[]): Promise<void> {
  const again = await rerun(definitionOf(main as Parameters<typeof definitionOf>[0]), entries)
  expect(again.differences).toEqual([])
  expect(again.matchedCount).toBe(again.outputCount)
  expect(again.ended).toBe(true)
}

export async function readAll(store: LogStore, run: string): Promise<Entry[]> {
  const entries: Entry[] = []
  for await (const entry of store.read(run)) {
    if ('unreadable' in entry) throw new Error(`Unreadable: ${entry.unreadable.reason}`)
    entries.push(entry)
  }
  return entries
}

function recordingOf(run: string, home: string, entries: readonly Entry[], result: PromiseSettledResult<unknown>): Recording {
  return {
    run,
    home,
    entries,
    result,
    value: <T>() => {
      if (result.status === 'rejected') throw result.reason
      return result.value as T
    },
    error: () => {
      if (result.status === 'fulfilled') throw new Error(`The run resolved with ${JSON.stringify(result.value)}.`)
      return result.reason as Error & { code?: string; reason?: string }
    },
    of: (type) => entries.filter((entry): entry is EntryOf<typeof type> => entry.type === type),
  }
}

/** A folder of its own, gone with the test. Short, because a Unix socket's path is. */
export function temporaryHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'rt-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  return home
}

/** What a finished run left where live runs are kept. */
export async function leftBehind(home: string): Promise<string[]> {
  return readdir(join(home, 'runtimes')).catch(() => [])
}

/** What `act` throws or rejects with. */
export async function thrownBy(act: () => unknown): Promise<Error & { code?: string; hint?: string }> {
  try {
    await act()
  } catch (error) {
    return error as Error & { code?: string }
  }
  throw new Error('Nothing was thrown.')
}

/** Such errors as data, so that a process can return them. */
export async function codeOf(act: () => unknown): Promise<string> {
  const { code, name } = await thrownBy(act)
  return code ?? name
}
