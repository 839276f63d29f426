/** What the benchmarks compute alike. */

/** The median; the upper one of two. 0 for no number. */
export function middle(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0
}

export function round2(value: number): number {
  return Math.round(value * 100) / 100
}
