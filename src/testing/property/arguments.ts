/** Arguments of the process under test: values, and arbitraries of fast-check. */
import { RamureError } from '../../log/error.ts'
import { createChance } from './chance.ts'
import type { Argument } from './plan.ts'
import type { FastCheck } from './schema-values.ts'
import { randomOf } from './values.ts'

/** What is asked of an arbitrary of fast-check, so that no type of it is needed here. */
export interface Arbitrary<T> {
  generate(random: never, bias: number | undefined): { readonly value: T }
  canShrinkWithoutContext(value: unknown): value is T
  shrink(value: T, context: unknown): Iterable<{ readonly value: T }>
}

const BIAS = 3

/** fast-check, which only properties need. Rejects with ERR_FAST_CHECK_MISSING. */
export async function loadFastCheck(): Promise<FastCheck> {
  try {
    return await import('fast-check')
  } catch (cause) {
    throw new RamureError('ERR_FAST_CHECK_MISSING', 'Properties need the package fast-check, and it is not installed.', {
      hint: 'npm install --save-dev fast-check',
      cause,
    })
  }
}

/** Makes the arguments of a schedule from its seed. */
export function argumentMakers(fc: FastCheck, given: readonly unknown[]): (seed: string) => readonly Argument[] {
  return (seed) => {
    const chance = createChance([...seed].toReversed().join(''))
    return given.map((arg) => (isArbitrary(arg) ? drawn(arg, arg.generate(randomOf(fc, chance) as never, BIAS)) : fixed(arg)))
  }
}

interface Value<T> {
  readonly value: T
  readonly context?: unknown
}

function drawn(arbitrary: Arbitrary<unknown>, { value, context }: Value<unknown>): Argument {
  return {
    value,
    *simpler() {
      for (const next of arbitrary.shrink(value, context)) yield drawn(arbitrary, next)
    },
  }
}

function fixed(value: unknown): Argument {
  return { value, simpler: () => [] }
}

function isArbitrary(value: unknown): value is Arbitrary<unknown> {
  if (typeof value !== 'object' || value === null) return false
  const { generate, shrink } = value as { readonly generate?: unknown; readonly shrink?: unknown }
  return typeof generate === 'function' && typeof shrink === 'function'
}
