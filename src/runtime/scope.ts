/**
 * Scopes: the named places in a run where code of the program executes. A path depends only on what its own parent did,
 * never on other agents or on time, so that the same code finds the same name again.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { createDice, type Dice } from './dice.ts'
import { noProcess } from './errors.ts'
import type { ProcessScope } from './process-scope.ts'
import type { Run } from './run.ts'
import { idFrom } from './seed.ts'

/** A process, a run of a handler, or a named branch. */
export class Scope {
  readonly run: Run
  /** `/review#0/fix#2/on:tool(worker,submit)#5`. */
  readonly path: string
  /** The process this scope belongs to: it owns the agents, children and machines made here. Null only for lost work. */
  readonly process: ProcessScope | null
  /** The line that gave this scope its function, when lines are looked for: where its answer comes from. */
  site: string | null = null
  readonly #counts = new Map<string, number>()
  #dice: Dice | null = null

  constructor(run: Run, path: string, process: ProcessScope | null) {
    this.run = run
    this.path = path
    this.process = process
  }

  /** This scope's own random numbers: drawing here moves no other scope. */
  get dice(): Dice {
    this.#dice ??= createDice(idFrom(this.run.seed, this.path, 'dice', 0))
    return this.#dice
  }

  /** 0, 1, 2 … per label: how often that was asked of this scope before. */
  ordinal(label: string): number {
    const nth = this.#counts.get(label) ?? 0
    this.#counts.set(label, nth + 1)
    return nth
  }

  /** A stable id: a function of the run's seed, this path, the kind and how many of that kind came before. */
  id(kind: string): string {
    return idFrom(this.run.seed, this.path, kind, this.ordinal(`id ${kind}`))
  }

  /** A scope inside this one that belongs to the same process: `on:tool(worker,submit)#5`, `branch(left)#0`. */
  sub(segment: string): Scope {
    return new Scope(this.run, `${this.path}/${segment}`, this.process)
  }
}

const current = new AsyncLocalStorage<Scope>()

/** The scope of the running code, or undefined outside of every process. */
export function scopeNow(): Scope | undefined {
  return current.getStore()
}

/** The scope of the running code and its process. Throws ERR_NO_PROCESS, naming `call`, outside of every process. */
export function requireScope(call: string): Scope & { readonly process: ProcessScope } {
  const scope = current.getStore()
  if (!scope?.process) throw noProcess(call)
  return scope as Scope & { readonly process: ProcessScope }
}

/** Runs `fn` inside `scope`, and everything it awaits or schedules. */
export function within<R>(scope: Scope, fn: () => R): R {
  return current.run(scope, fn)
}

/** Where outputs go that lost their async context; the `warning` beside them names the stack. */
export const LOST_PATH = '/?'
