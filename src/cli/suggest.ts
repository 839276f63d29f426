/** What somebody may have meant. */

/** Those of `candidates` that are a slip or two away from `wanted`, nearest first, at most three. */
export function suggest(wanted: string, candidates: readonly string[]): readonly string[] {
  const limit = Math.max(1, Math.min(3, Math.floor(wanted.length / 3)))
  return candidates
    .map((candidate) => ({ candidate, slips: slips(wanted.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ slips }) => slips <= limit)
    .sort((left, right) => left.slips - right.slips)
    .slice(0, 3)
    .map(({ candidate }) => candidate)
}

/** How many letters have to be added, dropped, changed or swapped with their neighbour. */
function slips(from: string, to: string): number {
  if (Math.abs(from.length - to.length) > 3) return Number.POSITIVE_INFINITY
  let before: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row++) {
    const next = [row]
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1]
      let least = Math.min((last[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1, (last[column - 1] ?? 0) + (same ? 0 : 1))
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      if (swapped) least = Math.min(least, (before[column - 2] ?? 0) + 1)
      next.push(least)
    }
    before = last
    last = next
  }
  return last[to.length] ?? 0
}
