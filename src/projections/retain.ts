/** How many ended things a state keeps by name before it only counts them. The log still has every one. */
export const ENDED_KEPT_MAX = 1000

/** Notes that `key` has ended and names the one that must be forgotten for it, if any. A key that ends twice is noted once. */
export function retainEnded(ended: string[], key: string, max: number = ENDED_KEPT_MAX): string | undefined {
  if (ended.includes(key)) return undefined
  ended.push(key)
  return ended.length > max ? ended.shift() : undefined
}

/** Takes `key` out of the ended ones, because it lives again. */
export function revive(ended: string[], key: string): void {
  const index = ended.indexOf(key)
  if (index >= 0) ended.splice(index, 1)
}
