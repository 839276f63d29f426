/** Ids and seeds as functions of the run's seed and a place in it: 32 hex digits (128 bits of SHA-256). */
import { createHash } from 'node:crypto'

export function idFrom(seed: string, path: string, kind: string, nth: number): string {
  return createHash('sha256').update(`${seed}\n${path}\n${kind}\n${nth}`).digest('hex').slice(0, 32)
}
