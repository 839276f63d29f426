/** Choices that follow from a seed. */
import { createDice, type Dice } from '../../runtime/dice.ts'

export interface Chance {
  readonly dice: Dice
  /** A whole number from 0 to `below` - 1. */
  whole(below: number): number
  /** True with this probability. */
  is(probability: number): boolean
  /** One of them, each as likely; the list must not be empty. */
  one<T>(list: readonly T[]): T
}

/** @param seed 32 hex digits. */
export function createChance(seed: string): Chance {
  const dice = createDice(seed)
  const whole = (below: number) => Math.floor(dice.float() * below)
  return { dice, whole, is: (probability) => dice.float() < probability, one: (list) => list[whole(list.length)] as never }
}
