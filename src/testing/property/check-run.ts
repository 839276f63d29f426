/** Asks a run whether everything that has to hold does. */

import type { SimulatedRun } from '../simulated-run.ts'
import type { Invariant, PlayAgain } from './always.ts'
import type { Played } from './play.ts'
import type { Race } from './race.ts'

/** An invariant, or a question about the run: false, or what it throws, is a no. */
export type Check<R = unknown> = Invariant | ((run: SimulatedRun<R>) => unknown)

export interface Failure {
  readonly invariant: Invariant
  readonly why: string
  readonly race: Race | null
}

export interface Checked {
  readonly played: Played
  readonly failure: Failure | null
}

export function invariantOf(check: Check): Invariant {
  if (typeof check !== 'function') return check
  return { name: check.name || sourceOf(check), check: (run) => answer(check, run) }
}

/** The first invariant that does not hold, in their order. */
export async function checkRun(played: Played, invariants: readonly Invariant[], again: PlayAgain): Promise<Checked> {
  for (const invariant of invariants) {
    const found = await invariant.check(played.run, again)
    if (typeof found === 'string') return { played, failure: { invariant, why: found, race: null } }
    if (found !== null) return { played, failure: { invariant, why: found.why, race: found.race } }
  }
  return { played, failure: null }
}

async function answer(question: (run: SimulatedRun) => unknown, run: SimulatedRun): Promise<string | null> {
  try {
    return (await question(run)) === false ? 'the answer was false' : null
  } catch (error) {
    return messageOf(error)
  }
}

const MESSAGE_MAX = 200

/** The first line; what an assertion says below it as well, when that line only leads to it. */
function messageOf(error: unknown): string {
  const lines = (error instanceof Error ? error.message : String(error)).split('\n').filter((line) => line.trim() !== '')
  const [first = 'it threw', ...rest] = lines
  const text = first.endsWith(':') ? [first, ...rest].map((line) => line.trim()).join(' ') : first
  return text.length > MESSAGE_MAX ? `${text.slice(0, MESSAGE_MAX - 1)}…` : text
}

const SOURCE_MAX = 120

/** What a function without a name asks. */
function sourceOf(question: (run: SimulatedRun) => unknown): string {
  // Vitest runs modules in a form of its own, in which an imported name is a field.
  const source = String(question).replaceAll(/\(0,\s*__vite_ssr_import_\d+__\.([\w$]+)\)|__vite_ssr_import_\d+__\.([\w$]+)/g, '$1$2')
  const text = source.replaceAll(/\s+/g, ' ')
  return text.length > SOURCE_MAX ? `${text.slice(0, SOURCE_MAX - 1)}…` : text
}
