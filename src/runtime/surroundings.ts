/** What a root run takes from where it is called: its options, the process, and what a test or a demo puts in their place. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Entry } from '../log/events.ts'
import type { LogStore } from '../log/store.ts'
import type { AgentDriver } from '../machines/driver.ts'
import type { DriverChoice } from './driver-choice.ts'

export interface RootOptions {
  /** Folder that run folders are made in; default `$RAMURE_HOME/logs`, else `~/.ramure/logs`. Root only, as all below. */
  readonly logDir?: string
  /** One sentence about what the run is for, shown in lists. */
  readonly summary?: string
  /** Address the agents' server listens on; default 127.0.0.1. */
  readonly host?: string
  /** Its port; default 0: any free one. */
  readonly port?: number
  /** URL told to agents instead of the address listened on. */
  readonly baseUrl?: string
  /** Browser origins that may connect; default none. */
  readonly allowedOrigins?: readonly string[]
  /** `process` (default): what was seen outside survives the death of this process; `disk`: also that of the machine. */
  readonly durability?: 'process' | 'disk'
}

/** Replaces parts of the world for every root run started inside `surroundedBy`. */
export interface Surroundings {
  /** Who plays an agent that did not choose a driver itself. */
  readonly driver?: (agent: string) => DriverChoice | undefined
  /** The pi driver to use instead of one made from the environment. */
  readonly pi?: ClosableDriver
  readonly store?: LogStore
  /** Variables laid over the environment of this process. */
  readonly env?: Readonly<Record<string, string>>
  /** Aborting it asks the run to stop. */
  readonly signal?: AbortSignal
  /** How long the end of the run waits for what others have to end: machines, launches; default 10,000 ms. */
  readonly patienceMs?: number
  /** Sees each entry after it was written. */
  readonly onEntry?: (entry: Entry, run: string) => void
}

export type ClosableDriver = AgentDriver & { close?(): Promise<void> }

/** Shared with other copies of this package in the same program: a test's copy may not be the program's. */
const KEY = Symbol.for('ramure.surroundings')
const copies = globalThis as { [KEY]?: AsyncLocalStorage<Surroundings> }
copies[KEY] ??= new AsyncLocalStorage<Surroundings>()
const current = copies[KEY]

/** Runs `fn` with these surroundings laid over the ones in force. */
export function surroundedBy<A extends unknown[], R>(surroundings: Surroundings, fn: (...args: A) => R, ...args: A): R {
  return current.run({ ...current.getStore(), ...surroundings }, fn, ...args)
}

export function surroundings(): Surroundings {
  return current.getStore() ?? {}
}
